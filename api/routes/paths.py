"""Where the resources of this version of the contract are, and what ids and ranges of time look like."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from api.problems import Problem
from commands.quantities import Instant

V1 = "/api/v1"
PathId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
OutletId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}(:[0-9]{1,2})?$")]
"""A charger, or one of its outlets as `CHARGER:CONNECTOR`."""
From = Annotated[Instant | None, Query(alias="from")]
Limit = Annotated[int, Query(ge=1, le=1000)]
To = Annotated[Instant | None, Query(alias="to")]


def in_order(from_ms: int, to_ms: int) -> None:
    """Raises `Problem` where a range of time ends before it starts."""
    if to_ms <= from_ms:
        raise Problem(422, "must lie after from", field="to")
