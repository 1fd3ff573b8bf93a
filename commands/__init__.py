"""The requests that the platform accepts: one file for each, from the request body to the command on the log."""
