"""The format of the log: topics, positions, and the bytes of a record."""
