"""Readings of vehicles and meter values as time series, fed from the inputs."""
