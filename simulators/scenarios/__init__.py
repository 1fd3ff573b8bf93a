"""What is simulated: a recorded day, a little hub, one charger."""
