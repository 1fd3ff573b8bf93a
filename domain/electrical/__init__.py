"""The electrical side of a site: nodes, outlets, and how current is divided below limits."""
