"""The vault: personal data and secrets, under opaque ids, and never on the log."""
