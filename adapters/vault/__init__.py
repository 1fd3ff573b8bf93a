"""The vault: personal data and secrets, under opaque ids. They never enter the log."""
