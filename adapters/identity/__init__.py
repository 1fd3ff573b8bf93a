"""Who calls: principals of the API, and chargers at the gateway."""
