"""The identity of callers: principals of the API, and chargers at the gateway."""
