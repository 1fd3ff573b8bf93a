"""The rules of a vehicle: its one session, its readings, its priority, and the quotas that count priority."""
