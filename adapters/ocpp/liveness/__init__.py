"""Heartbeats of gateways, and the watch over them."""
