"""A simulated OCPP 1.6J charger and the car behind it."""
