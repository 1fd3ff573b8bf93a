"""Chaos: a whole cluster under kills, halts and restarts, compared with what it acknowledged."""
