"""The relational databases beside the log: read models and vault, on SQLite or PostgreSQL."""

from adapters.database.database import Database

__all__ = ["Database"]
