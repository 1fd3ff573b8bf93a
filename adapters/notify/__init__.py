"""Telling people what happened: the table of whom is `commands.who_is_told`."""
