"""What may be asked: one model and its decision a file."""
