"""They route inputs to the rules, and host.py is the one loop that runs them on either log."""
