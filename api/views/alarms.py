"""Alarms."""

from __future__ import annotations

from typing import Any

from commands.alarm_words import WORDS
from commands.for_people import for_people
from commands.quantities import rfc3339
from projections.projection import Row


def alarm_view(row: Row) -> dict[str, Any]:
    """An alarm (`api.shapes.alarms.Alarm`)."""
    words = WORDS[row["code"]]
    return {
        "code": row["code"],
        "charger_id": row["charger_id"] or None,
        "title": words.title,
        "detail": for_people(row["detail"]),
        "advice": words.advice,
        "since": rfc3339(row["since_ms"]),
        "ended": rfc3339(row["ended_ms"]),
    }
