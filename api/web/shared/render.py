"""From templates to pages, with words and numbers as people read them.

A template's name begins with its folder: `driver/my_car.html` is in `driver/templates/`.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.web.shared import assets
from commands.quantities import to_ms

FOLDERS = ("shared", "driver", "operator")
TIERS = ("P0 emergency", "P1 priority", "P2")
STATES = {
    "requested": "requested",
    "queued": "waiting",
    "offered": "charger offered",
    "assigned": "charger held",
    "charging": "charging",
    "paused": "paused",
}
"""The names of a session's states for drivers; those of ended sessions need no other."""
OCPP = {
    "available": "free",
    "preparing": "plugged in",
    "charging": "charging",
    "suspended_ev": "paused by the car",
    "suspended_evse": "paused by the site",
    "finishing": "done, plugged in",
    "reserved": "reserved",
    "unavailable": "out of service",
    "faulted": "fault",
}
"""The names of a charger's status (OCPP 1.6) for people."""
MINUTE_MS = 60_000
WEB = Path(__file__).parents[1]


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template as a response."""
    now_ms = request.app.state.context.clock.now_ms()
    known = {"status": status, "assets_fetched": assets.are_fetched(), "soon": partial(soon, now_ms=now_ms)}
    return HTMLResponse(_TEMPLATES.get_template(name).render(known | values), status)


def kw(value: float | None) -> str:
    """Power to a tenth of a kW; unknown: a dash."""
    return "–" if value is None else f"{value:.1f}"


def soon(time: str | None, *, now_ms: int) -> Markup | str:
    """A future time as a duration from now: `in 12 min`. The browser adds the clock time."""
    if time is None:
        return "–"
    minutes = max(0, round((_ms(time) - now_ms) / MINUTE_MS))
    words = "now" if minutes < 1 else f"in {minutes} min" if minutes < 100 else f"in {minutes / 60:.0f} h"
    return Markup('<time datetime="{}" data-title>{}</time>').format(time, words)


def clock(time: str | None) -> Markup | str:
    """A time as a clock shows it: in UTC here; the browser changes it to its own time zone."""
    if time is None:
        return "–"
    return Markup('<time datetime="{}" data-clock>{} UTC</time>').format(time, time[11:16])


def car(session_id: str | None) -> str:
    """A car's name: the end of its session's id distinguishes it at a site. None: the reader may not see it."""
    return "a car" if session_id is None else f"car {session_id[-4:]}"


def event_name(event_type: str) -> str:
    """`session.offered.v1` as `Session offered`."""
    words = event_type.rpartition(".")[0].replace(".", " ").replace("_", " ")
    return words.capitalize()


def _ms(time: str) -> int:
    return to_ms(datetime.fromisoformat(time))


_TEMPLATES = Environment(
    loader=PrefixLoader({name: FileSystemLoader(WEB / name / "templates") for name in FOLDERS}),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"kw": kw, "clock": clock, "car": car, "event_name": event_name}
_TEMPLATES.globals |= {"TIERS": TIERS, "STATES": STATES, "OCPP": OCPP}
