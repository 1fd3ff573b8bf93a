"""What stands on the log: topics, positions, and how a record becomes bytes."""
