"""The read models, one file each: a table, its handlers and its queries. They can be rebuilt from the events."""
