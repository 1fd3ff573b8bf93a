"""The ways in which charge points differ: `personality("non_compliant", "late")` is a set of small behaviours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Personality:
    """The compliant charge point; each field is one way to be otherwise."""

    applies_profiles: bool = True
    rate_units: tuple[Literal["A", "W"], ...] = ("A", "W")
    max_stack_level: int = 8
    keeps_profile_offline: bool = True
    """False: transaction profiles are gone with the connection."""
    replays_queue: bool = True
    """False: the messages of a transaction that an outage delays are lost."""
    boots_on_reconnect: bool = True
    resumes_from_zero: bool = True
    """False: after a limit of 0 A in a transaction, no current flows until the next one."""
    meter: Literal["register", "kwh_per_phase", "energy_only"] = "register"
    answer_delay_s: float = 0.0
    calls_at_once: int = 1
    lifetime_wh: float = 0.0
    """The energy that its meters have counted before."""
    session_register: bool = False
    """Its energy register starts at 0 in each transaction, although meterStart is the energy of a lifetime."""
    clock_ahead_s: int = 0
    loses_every_stop: int = 0
    """Of so many StopTransaction at an outlet, the last is never sent; 0: all are."""
    divides_watts: bool = True
    """False: it spreads a limit in W over the phases that the car uses, not over its own."""
    ignores_every_hours: int = 0
    """In the last of so many hours it accepts limits and does not apply them; 0: it always does."""


COMPLIANT = Personality()

BEHAVIOURS: dict[str, dict[str, Any]] = {
    "compliant": {},
    "non_compliant": {"applies_profiles": False},
    "watts_only": {"rate_units": ("W",)},
    "amps_only": {"rate_units": ("A",), "max_stack_level": 0},
    "drops_profile": {"keeps_profile_offline": False},
    "keeps_profile": {"keeps_profile_offline": True},
    "replays": {"replays_queue": True},
    "forgets": {"replays_queue": False},
    "no_boot": {"boots_on_reconnect": False},
    "no_resume": {"resumes_from_zero": False},
    "kwh_per_phase": {"meter": "kwh_per_phase"},
    "late": {"answer_delay_s": 8.0},
    "two_calls": {"calls_at_once": 2},
    "session_register": {"session_register": True, "lifetime_wh": 7_930_000.0},
    "clock_ahead": {"clock_ahead_s": 7200},
    "spreads_watts": {"rate_units": ("W",), "divides_watts": False},
    "liar": {"ignores_every_hours": 3},
    "energy_only": {"meter": "energy_only"},
    "loses_stop": {"loses_every_stop": 3},
}


def personality(*names: str) -> Personality:
    """The behaviours with these names, together. Raises `KeyError` for an unknown one."""
    made = Personality()
    for name in names:
        made = replace(made, **BEHAVIOURS[name])
    return made
