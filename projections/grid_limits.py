"""`grid_limits`: the caps of each site."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, Column, Connection, String, Table, bindparam, or_, select

from domain.records.load import GridLimitSet
from projections.projection import METADATA, Change, Happened, Projection, Row, rows, upsert

GRID_LIMITS = Table(
    "grid_limits",
    METADATA,
    Column("cap_id", String, primary_key=True),
    Column("site_id", String, nullable=False, index=True),
    Column("limit_w", BigInteger, nullable=False),
    Column("starts_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger),
    Column("holds_from_ms", BigInteger, nullable=False),
    Column("guaranteed", Boolean, nullable=False),
    Column("reason_code", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("set_at_ms", BigInteger, nullable=False),
)
PROJECTION = Projection(GRID_LIMITS, "load")
SET = upsert(GRID_LIMITS, [column.name for column in GRID_LIMITS.columns if not column.primary_key])


@PROJECTION.on(GridLimitSet)
def _set(event: GridLimitSet, happened: Happened) -> Iterable[Change]:
    row = {
        "cap_id": event.cap_id,
        "site_id": happened.key,
        "limit_w": event.limit_w,
        "starts_ms": event.starts_ms,
        "ends_ms": event.ends_ms,
        "holds_from_ms": event.holds_from_ms,
        "guaranteed": event.guaranteed,
        "reason_code": event.reason_code,
        "reason": event.reason,
        "set_at_ms": happened.time_ms,
    }
    return [(SET, row)]


NOT_OVER = (
    select(GRID_LIMITS)
    .where(
        GRID_LIMITS.c.site_id == bindparam("site_id"),
        or_(GRID_LIMITS.c.ends_ms.is_(None), GRID_LIMITS.c.ends_ms > bindparam("now_ms")),
    )
    .order_by(GRID_LIMITS.c.starts_ms, GRID_LIMITS.c.set_at_ms)
)


def not_over(connection: Connection, site_id: str, now_ms: int) -> list[Row]:
    """The caps of a site that apply now or later."""
    return rows(connection, NOT_OVER, site_id=site_id, now_ms=now_ms)


BETWEEN = select(GRID_LIMITS).where(
    GRID_LIMITS.c.site_id == bindparam("site_id"),
    GRID_LIMITS.c.holds_from_ms < bindparam("to_ms"),
    or_(GRID_LIMITS.c.ends_ms.is_(None), GRID_LIMITS.c.ends_ms > bindparam("from_ms")),
)


def between(connection: Connection, site_id: str, from_ms: int, to_ms: int) -> list[Row]:
    """The caps of a site that apply at some time from `from_ms` to before `to_ms`."""
    return rows(connection, BETWEEN, site_id=site_id, from_ms=from_ms, to_ms=to_ms)


def lowest_w(root_w: int | None, caps: Iterable[Row], at_ms: int) -> int | None:
    """The lowest of the root's limit and the caps that apply at a time, in W; None: no limit."""
    holding = (cap["limit_w"] for cap in caps if cap["holds_from_ms"] <= at_ms and not _is_over(cap, at_ms))
    return min((limit_w for limit_w in (root_w, *holding) if limit_w is not None), default=None)


def _is_over(cap: Row, at_ms: int) -> bool:
    return cap["ends_ms"] is not None and cap["ends_ms"] <= at_ms
