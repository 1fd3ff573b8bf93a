"""Drivers, fleets and technicians, and a day's visits."""
