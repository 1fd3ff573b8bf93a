"""The metadata of all tables of the vault."""

from __future__ import annotations

from sqlalchemy import MetaData

METADATA = MetaData()
