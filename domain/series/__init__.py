"""Curves and buckets of measured values, for charts. No rule decides by them."""
