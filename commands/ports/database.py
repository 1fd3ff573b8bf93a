"""The error of a relational database that can't be used."""

from __future__ import annotations


class DatabaseUnavailable(Exception):
    """A relational database does not answer, or can't write now. A commit under way may have happened or not."""
