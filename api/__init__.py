"""The REST API: one router file per resource; auth; live streams; pages."""
