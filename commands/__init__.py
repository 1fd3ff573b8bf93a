"""The requests of the API, one model a file, and what they need: ports and the log's format."""
