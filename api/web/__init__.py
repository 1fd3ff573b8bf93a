"""The pages: a client of the REST API in the same process, rendered on the server, live in the browser."""
