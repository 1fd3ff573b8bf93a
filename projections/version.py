"""The version of the read models: those of another version are rebuilt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from commands.shape import shape
from commands.sources import ROOT, closure
from projections.catalogue import PROJECTIONS
from projections.projection import Projection

HANDLERS = "projections.catalogue"
RECORDS = "domain.records"
"""Left out of the handlers' source: a record type that none of them handles changes no row."""


@cache
def version() -> str:
    """The version of this build."""
    return version_of(ROOT, PROJECTIONS)


def version_of(root: Path, projections: Sequence[Projection]) -> str:
    """A hash over tables, over what the handlers below `root` do, and over the record types that they handle.

    The handlers are those of the catalogue, with all that they import of ours. Comments and docstrings don't count, nor
    does code elsewhere that runs or queries the read models. Raises `UnknownImport`.
    """
    digest = hashlib.blake2b(digest_size=8)
    for text in (
        *(text for projection in projections for text in described(projection.table)),
        *(f"{name} {code}" for name, code in closure(root, [HANDLERS], without=[RECORDS]).modules.items()),
        *_handled(projections),
    ):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def described(table: Table) -> Iterator[str]:
    """Columns with their types, keys and indexes, as statements for PostgreSQL."""
    dialect = postgresql.dialect()
    yield str(CreateTable(table).compile(dialect=dialect))
    yield from sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)


def _handled(projections: Sequence[Projection]) -> Iterator[str]:
    types = {payload.type_name: payload for projection in projections for payload in projection.handlers}
    for name, payload in sorted(types.items()):
        yield f"{name} {shape(payload.model_json_schema()).decode()}"
