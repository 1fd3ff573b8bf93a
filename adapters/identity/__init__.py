"""Identity: the principals of the API, and the chargers at the gateway."""
