"""The clock service and the timekeeper."""
