"""The simulated world: physics, sites, and the steps of time."""
