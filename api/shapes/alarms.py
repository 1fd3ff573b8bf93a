"""Alarms."""

from __future__ import annotations

from datetime import datetime

from api.shapes.shape import Shape


class Alarm(Shape):
    """Something that an operator must look at."""

    code: str
    charger_id: str | None
    """The outlet that it is about; null: the whole site."""
    title: str
    detail: str
    """What was observed."""
    advice: str
    """What an operator can do."""
    since: datetime
    ended: datetime | None
    """When its reason was gone; null: it is open."""


class Alarms(Shape):
    """The alarms of a site, the newest first."""

    alarms: list[Alarm]
