"""The platform as one process, or as one process per service."""
