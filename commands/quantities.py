"""Quantities as people write them (kW, A, %, minutes, RFC 3339), and the integers that the log contains instead.

Limits are rounded down, minima and loads are rounded up, so that nothing is promised or allowed beyond the request. All
other quantities are rounded to the nearest integer, halves up.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def round_down(value: float, factor: int) -> int:
    """`value` × `factor`, rounded down. Exact for the decimal number that was written: 0.29 kW × 1000 = 290 W."""
    return _rounded(value, factor, ROUND_FLOOR)


def round_up(value: float, factor: int) -> int:
    """`value` × `factor`, rounded up."""
    return _rounded(value, factor, ROUND_CEILING)


def round_nearest(value: float, factor: int) -> int:
    """`value` × `factor`, rounded to the nearest integer, halves up."""
    return _rounded(value, factor, ROUND_HALF_UP)


def _rounded(value: float, factor: int, rounding: str) -> int:
    return int((Decimal(repr(value)) * factor).to_integral_value(rounding))


def _instant(value: Any) -> int:
    """An RFC 3339 time with its offset, as ms since 1970 UTC."""
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("must be an RFC 3339 time such as 2026-11-23T22:15:00Z")
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be an RFC 3339 time such as 2026-11-23T22:15:00Z") from error
    if time.tzinfo is None:
        raise ValueError("must have an offset from UTC, such as Z or +01:00")
    if not EARLIEST <= time <= LATEST:
        raise ValueError("must be in the years 2000 to 2199")
    return to_ms(time)


def to_ms(time: datetime) -> int:
    """ms since 1970 UTC of an aware time, rounded down."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def rfc3339(time_ms: int | None) -> str | None:
    """A time in ms since 1970 UTC as RFC 3339 text, in UTC and to the millisecond."""
    if time_ms is None:
        return None
    return (EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
"""A time that is written as RFC 3339 with an offset; the value is in ms since 1970 UTC."""


def _number(*, above: float | None = None, least: float | None = None, most: float) -> Any:
    """A JSON number (no string, no boolean, no NaN) within bounds."""
    return Field(strict=True, allow_inf_nan=False, gt=above, ge=least, le=most)


Kilowatts = Annotated[float, _number(least=0, most=1_000_000)]
KilowattHours = Annotated[float, _number(above=0, most=2_000)]
Amperes = Annotated[float, _number(least=0, most=10_000)]
Volts = Annotated[float, _number(above=0, most=1_000)]
Percent = Annotated[float, _number(least=0, most=100)]
Minutes = Annotated[float, _number(above=0, most=7 * 24 * 60)]
Seconds = Annotated[float, _number(above=0, most=24 * 3600)]
Kilometres = Annotated[float, _number(least=0, most=10_000)]
Latitude = Annotated[float, _number(least=-90, most=90)]
Longitude = Annotated[float, _number(least=-180, most=180)]
PhaseCount = Annotated[int, Field(strict=True, ge=1, le=3)]

Identifier = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$")]
"""An id that people choose: letters, digits, `.`, `_`, `-`, at most 48 (the length of an OCPP 2.0.1 identity)."""
