"""The simulated world: chargers, cars, drivers, clouds of car makers. It knows the server only by its sockets."""
