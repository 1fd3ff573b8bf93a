"""Adapters to the outside: the log, databases, the vault, chargers, notification services. They contain no rules."""
