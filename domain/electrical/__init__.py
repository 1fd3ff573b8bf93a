"""Wires: nodes, outlets, and how current is divided below limits."""
