"""The launcher, the locks and the test command, end to end."""
