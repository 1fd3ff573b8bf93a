"""The rules of what the community consists of, and of who may do what."""
