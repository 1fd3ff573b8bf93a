"""A small demo day as the simulated world writes it: three cars, the cap lowered at noon. Times are local, as HH:MM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MIDNIGHT = datetime(2019, 3, 8, tzinfo=ZoneInfo("America/Los_Angeles"))


def at(clock: str) -> str:
    """RFC 3339 in UTC, as the world writes times."""
    hours, minutes = map(int, clock.split(":"))
    instant = (MIDNIGHT + timedelta(hours=hours, minutes=minutes)).astimezone(UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.000Z"


def at_ms(clock: str) -> int:
    return round(datetime.fromisoformat(at(clock)).timestamp() * 1000)


def sample(clock: str, load_kw: float, cap_kw: float, charging: int, waiting: int) -> dict[str, Any]:
    return {"time": at(clock), "load_kw": load_kw, "cap_kw": cap_kw, "charging": charging, "waiting": waiting}


def life(arrival: str, left: str, **told: Any) -> dict[str, Any]:
    """A visit; without more it only waited. Intervals are pairs of clocks."""
    told = {
        "assigned": None,
        "plugged": None,
        "done": None,
        "charging": [],
        "paused": [],
        "charger": None,
        "departure": left,
    } | told
    times = {name: told[name] and at(told[name]) for name in ("assigned", "plugged", "done", "departure")}
    intervals = {name: [[at(start), at(end)] for start, end in told[name]] for name in ("charging", "paused")}
    return {
        "visit": "2_39_1",
        "session": "s",
        "charger": told["charger"],
        "arrival": at(arrival),
        "left": at(left),
        **times,
        **intervals,
        "requested_kwh": 10.0,
        "energy_kwh": told.get("energy_kwh", 0.0),
        "offers": 1,
        "snoozes": 0,
        "unit": told.get("unit"),
        "notes": told.get("notes", []),
    }


def decision(clock: str, decided: str, tier: int | None, soc: float | None, reason: str) -> dict[str, Any]:
    told = {"decision": decided, "basis": "mission", "tier": tier, "soc": soc, "location_zone": "9q5fp"}
    return {"created_at": at(clock), "reason": reason, **told}


def measured() -> dict[str, Any]:
    return {
        "day": "2019-03-08",
        "limit_kw": 40.0,
        "noon_limit_kw": 25.0,
        "garages": 1,
        "overload_s": 0,
        "cap_lag_s_max": 14.2,
        "peak_kw": 39.4,
        "sessions": 3,
        "queued_max": 1,
        "offers": 4,
        "paused": 1,
        "p0_wait_s_max": 12.0,
        "p1_wait_s_max": 40.0,
        "grants": 2,
        "denials": 1,
        "denied_because": "only <her fleet> is believed",
        "requested_kwh": 30.0,
        "delivered_kwh": 24.0,
        "offline_bound_kwh": 25.0,
        "energy_pct_of_bound": 96.0,
        "priority_audit": [
            decision("13:10", "denied", None, None, "only <her fleet> is believed"),
            decision("12:40", "granted", 0, 35.5, "all proofs are fresh"),
        ],
        "nodes": [
            {"id": "site", "parent": None, "limit_kw": 40.0, "limit_a": None, "overload_s": 0},
            {"id": "p1", "parent": "site", "limit_kw": None, "limit_a": [20.0, 20.0, 20.0], "overload_s": 0},
            {"id": "p2", "parent": "site", "limit_kw": None, "limit_a": None, "overload_s": 0},
        ],
        "series": [
            sample("06:00", 0.0, 40.0, 0, 0),
            sample("09:30", 39.4, 40.0, 2, 1),
            sample("12:00", 39.4, 25.0, 2, 1),
            sample("12:30", 25.0, 25.0, 1, 1),
            sample("16:00", 25.0, 40.0, 1, 0),
            sample("18:00", 0.0, 40.0, 0, 0),
        ],
        "session_lives": [
            life(
                "09:20",
                "18:00",
                plugged="09:22",
                charging=[("09:23", "12:00"), ("16:00", "17:00")],
                paused=[("12:00", "16:00")],
                done="17:00",
                charger="p1-1",
                energy_kwh=10.0,
                notes=[f"{at('09:22')} not let in: <Blocked & barred>"],
            ),
            life("08:00", "11:00", plugged="08:01", charging=[("08:02", "10:00")], done="10:00", energy_kwh=10.0),
            life("10:00", "12:30", unit="ambulance"),
        ],
        "walk_up_lives": [],
    }


def figures(**other: Any) -> dict[str, Any]:
    """The flat figures of the day, with the proof's; all bounds hold unless `other` says otherwise."""
    flat = {name: value for name, value in measured().items() if not isinstance(value, list)}
    proof = {
        "inputs": 1800,
        "events": 3000,
        "decisions": 400,
        "replay_equal": True,
        "replay_said": "",
        "wall_s": 61.4,
        "log": "sqlite",
    }
    return flat | proof | other
