"""The rules, pure: a site's queue and schedule, a vehicle's priority, load control, the registry."""
