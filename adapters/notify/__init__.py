"""Telling people what happened: the table of whom is `adapters.notify.notices`."""
