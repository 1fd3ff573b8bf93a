"""The clock and the timekeeper."""
