"""The table of notices: which events notify whom, and their texts. They contain no personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from commands.alarm_words import WORDS
from commands.for_people import for_people
from commands.quantities import rfc3339
from domain.records import Payload, Record
from domain.records.load import AlarmRaised
from domain.records.sites import (
    EndReason,
    ResumeFailed,
    ResumeWithheld,
    SessionEnded,
    SessionInterrupted,
    SessionOffered,
    SessionPaused,
)
from domain.records.time import StreamParked
from domain.records.vehicles import Basis, PriorityDenied, PriorityGranted

Audience = Literal["driver", "fleet", "operator"]
"""The owner of the vehicle; the administrators of the vehicle's enterprise; all operators."""

USEFUL_MS = 3_600_000
"""A notice is useful for an hour after its event, unless it has a time of its own."""

ENDED: dict[EndReason, str] = {
    "target_reached": "the requested state of charge was reached",
    "unplugged": "the car was unplugged",
    "stop_lost": "the charger lost the end of it; the energy is that of its last meter value",
    "time_up": "its time was up",
    "no_show": "the car was not plugged in while the charger was held",
    "fault": "the charger is out of order",
    "cancelled": "it was cancelled",
    "remote": "it was stopped remotely",
    "refused": "the charger refused it",
    "operator": "an operator ended it",
}
BASES: dict[Basis, str] = {
    "mission": "for its mission",
    "low_charge": "after an urgent review",
    "operator": "after an urgent review",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A text for an audience. `once`: notices with the same value are delivered once, even if their events differ."""

    to: Audience
    title: str
    text: str
    useful_until_ms: int
    session_id: str | None = None
    vehicle_id: str | None = None
    once: str | None = None


def notices(event: Record) -> list[Notice]:
    """The notices of an event."""
    notices_of = TABLE.get(type(event.data))
    return [] if notices_of is None else notices_of(event.data, event)


def _offered(offer: SessionOffered, event: Record) -> list[Notice]:
    minutes = (offer.held_until_ms - event.time) // 60_000
    text = f"{offer.charger_id} is reserved for you for {minutes} minutes, until {rfc3339(offer.held_until_ms)}."
    return [Notice("driver", "A charger is free for you", text, offer.held_until_ms, offer.session_id)]


def _ended(end: SessionEnded, event: Record) -> list[Notice]:
    text = f"Your session has ended: {ENDED[end.reason]}. Energy: {end.energy_wh / 1000:.1f} kWh."
    return [Notice("driver", "Your session has ended", text, _useful(event), end.session_id, end.vehicle_id)]


def _paused(pause: SessionPaused, event: Record) -> list[Notice]:
    text = f"Your session is paused: {for_people(pause.reason)}. It resumes by itself."
    return [Notice("driver", "Your session is paused", text, _useful(event), pause.session_id)]


def _interrupted(interruption: SessionInterrupted, event: Record) -> list[Notice]:
    goes_on = "It resumes by itself when there is current; your card resumes it, too"
    text = f"Your session at {interruption.charger_id} is paused: {for_people(interruption.reason)}. {goes_on}."
    return [Notice("driver", "Your session is paused", text, _useful(event), interruption.session_id)]


def _not_resumed(failure: ResumeFailed, event: Record) -> list[Notice]:
    todo = f"Present your card at {failure.charger_id}; if that does not help, unplug the car and plug it in again"
    text = f"There is current for your session again, but {for_people(failure.reason)}. {todo}."
    return [Notice("driver", "Your car does not charge", text, _useful(event), failure.session_id)]


def _withheld(doubt: ResumeWithheld, event: Record) -> list[Notice]:
    todo = f"If your car is plugged in there, present your card at {doubt.charger_id}; if it has left, end the session"
    text = f"Your session at {doubt.charger_id} does not resume by itself: {for_people(doubt.reason)}. {todo}."
    return [Notice("driver", "Your car does not charge", text, _useful(event), doubt.session_id)]


def _granted(grant: PriorityGranted, event: Record) -> list[Notice]:
    """A renewal is not a new notice."""
    text = f"Vehicle {grant.vehicle_id} has priority P{grant.tier} at {grant.site_id} {BASES[grant.basis]}."
    once = f"granted/{grant.session_id}/{grant.tier}"
    return _decided("Priority was granted", text, grant, event, once)


def _denied(denial: PriorityDenied, event: Record) -> list[Notice]:
    text = f"Vehicle {denial.vehicle_id} has no priority {BASES[denial.basis]}: {for_people(denial.reason)}."
    return _decided(
        "Priority was denied", text, denial, event, f"denied/{denial.session_id or event.id}/{denial.basis}"
    )


def _decided(
    title: str, text: str, decision: PriorityGranted | PriorityDenied, event: Record, once: str
) -> list[Notice]:
    """A fleet is notified of every decision, a driver of the urgent reviews that they requested."""
    about = (_useful(event), decision.session_id, decision.vehicle_id, once)
    for_fleet = Notice("fleet", title, text, *about)
    return [for_fleet] if decision.basis == "mission" else [Notice("driver", title, text, *about), for_fleet]


def _alarm(alarm: AlarmRaised, event: Record) -> list[Notice]:
    """Every alarm: a limit that can't be guaranteed, an overload, a charger that does not comply."""
    where, words = alarm.charger_id or event.stream, WORDS[alarm.code]
    text = f"{where}: {for_people(alarm.detail)}. {words.advice}"
    return [Notice("operator", f"Alarm: {words.title}", text, _useful(event))]


def _parked(parked: StreamParked, event: Record) -> list[Notice]:
    text = f"A defect stopped the stream {event.stream} at {parked.input_type} ({parked.error}). See docs/recovery.md."
    return [Notice("operator", "A stream was parked", text, _useful(event))]


def _useful(event: Record) -> int:
    return event.time + USEFUL_MS


TABLE: dict[type[Payload], Callable[[Any, Record], list[Notice]]] = {
    SessionOffered: _offered,
    SessionEnded: _ended,
    SessionPaused: _paused,
    SessionInterrupted: _interrupted,
    ResumeFailed: _not_resumed,
    ResumeWithheld: _withheld,
    PriorityGranted: _granted,
    PriorityDenied: _denied,
    AlarmRaised: _alarm,
    StreamParked: _parked,
}
NOTIFIABLE = frozenset(payload.type_name for payload in TABLE)
