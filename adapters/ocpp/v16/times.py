"""Points in time as OCPP 1.6 writes them: RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def time_ms(text: str) -> int:
    """Milliseconds since 1970 UTC; a time without a zone is UTC. Raises `ValueError` for others than 1970 to 2200."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not datetime(1970, 1, 1, tzinfo=UTC) <= moment <= LATEST:
        raise ValueError("a time between 1970 and 2200 is needed")
    return round(moment.timestamp() * 1000)


def time_text(now_ms: int) -> str:
    """UTC with milliseconds, for chargers."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _checked(text: str) -> str:
    try:
        time_ms(text)
    except (ValueError, OverflowError):
        raise ValueError("an RFC 3339 time between 1970 and 2200 is needed") from None
    return text


TimeText = Annotated[str, AfterValidator(_checked)]
