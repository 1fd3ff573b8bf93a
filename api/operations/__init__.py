"""Live updates, metrics, and what an operator sees of the platform itself."""
