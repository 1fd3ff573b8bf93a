"""What runs a processor on either log: the host, a step of one stream, checkpoints and replay."""
