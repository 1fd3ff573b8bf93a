"""The rules, pure: sites, vehicles, load control, the registry, and the records that they decide by."""
