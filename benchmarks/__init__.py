"""How fast, how fair, how safe: measurements of the whole system."""
