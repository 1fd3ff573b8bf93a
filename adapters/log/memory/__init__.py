"""The log in memory: for virtual time, where nothing may depend on a disk or on threads."""
