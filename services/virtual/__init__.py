"""The whole system in one process and in virtual time: the real parts on a log in memory, and a simulated field."""
