"""A log that was recorded once and is decided again by every later build."""
