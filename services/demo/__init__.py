"""`./commonwatt demo`: a recorded day, its bounds, its proof and its page."""
