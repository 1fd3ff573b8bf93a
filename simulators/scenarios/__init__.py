"""The scenarios: a recorded day, a small hub, one charger."""
