"""Chaos: a whole cluster under kills, halts and restarts, held against what it acknowledged."""
