"""The platform as one process, and as one process a service."""
