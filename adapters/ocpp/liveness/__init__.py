"""Liveness of gateways: their heartbeats, and the watch over them."""
