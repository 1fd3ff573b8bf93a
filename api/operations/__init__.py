"""Live updates, metrics, and the state of the platform itself."""
