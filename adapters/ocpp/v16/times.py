"""Points in time: written as OCPP 1.6 wants them (RFC 3339), and read as chargers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

LATEST_MS = round(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000)
TIME = re.compile(
    r"(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(:(?P<second>\d{1,2}))?"
    r"([.,](?P<fraction>\d{1,20}))?\s*(?P<zone>Z|UTC|GMT)?((?P<sign>[+-])(?P<ahead>\d{1,2})(:?(?P<more>\d{2}))?)?",
    re.ASCII | re.IGNORECASE,
)
"""With or without zeros, seconds, fractions and a zone."""
SINCE_1970 = re.compile(r"\d{10}(\d{3})?(\.\d{1,20})?", re.ASCII)
"""Seconds or milliseconds."""


def time_ms(value: Any) -> int:
    """Milliseconds since 1970 UTC; a time without a zone is UTC. Raises `ValueError` for others than 1970 to 2200."""
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    at_ms = _since_1970_ms(text) if SINCE_1970.fullmatch(text) else _calendar_ms(text)
    if at_ms is None or not 0 <= at_ms <= LATEST_MS:
        raise ValueError("an RFC 3339 time between 1970 and 2200 is needed")
    return at_ms


def _since_1970_ms(text: str) -> int:
    number = float(text)
    return round(number if number >= 10**12 else number * 1000)


def _calendar_ms(text: str) -> int | None:
    found = TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    if hours > 24 or minutes > 59 or seconds > 60:  # 60: a leap second
        return None
    ahead = timedelta(hours=int(found["ahead"] or 0), minutes=int(found["more"] or 0))
    try:
        day = datetime(*map(int, re.split("[-/.]", found["date"])), tzinfo=UTC)  # type: ignore[arg-type, misc]
        since = timedelta(hours=hours, minutes=minutes, seconds=seconds + float(f"0.{found['fraction'] or 0}"))
        moment = day + since + (ahead if found["sign"] == "-" else -ahead)
    except (ValueError, OverflowError):
        return None
    return round(moment.timestamp() * 1000)


def time_text(now_ms: int) -> str:
    """UTC with milliseconds, for chargers."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


TimeMs = Annotated[int, BeforeValidator(time_ms)]
"""A time as it was sent, in ms since 1970."""
