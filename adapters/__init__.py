"""They touch the world: the log, databases, the vault, chargers, other people's APIs. They hold no rules."""
