"""Read models, one file each: its table, its handlers, its queries. Droppable, and rebuilt from the events."""
