"""The rules of the registry: what the community consists of, and permissions."""
