"""The tests: a folder for each package, and one for the launcher."""
