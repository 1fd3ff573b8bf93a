"""The running server, killed, parked, damaged and out of space."""
