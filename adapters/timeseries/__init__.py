"""The time series of readings and meter values, written from the inputs of processors."""
