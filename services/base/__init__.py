"""The base of every service: settings, databases, the log, tracing, HTTP."""
