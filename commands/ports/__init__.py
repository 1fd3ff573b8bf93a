"""What the core asks of the outside. Adapters implement these protocols; the rules never see them."""
