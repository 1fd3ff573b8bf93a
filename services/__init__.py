"""Composition: which parts one process is made of; and the command line."""
