"""The life of a charging session: its states, which may follow which, and why it ends.

requested -> queued -> offered -> assigned -> charging <-> paused -> completed | cancelled | expired | failed
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.errors import DomainError

RULE = "session.life.v1"
EMERGENCY, VERIFIED, EVERYONE = 0, 1, 2
"""Tiers: P0 an emergency vehicle on a mission, P1 a fleet's mission or an urgent review, P2 without proof of more."""
State = Literal["queued", "offered", "assigned", "charging", "paused", "completed", "cancelled", "expired", "failed"]

MAY_FOLLOW: dict[State, frozenset[State]] = {
    "queued": frozenset({"offered", "charging", "cancelled", "expired"}),
    "offered": frozenset({"queued", "assigned", "charging", "cancelled", "expired"}),
    "assigned": frozenset({"queued", "charging", "cancelled", "expired", "failed"}),
    "charging": frozenset({"paused", "completed", "cancelled", "failed"}),
    "paused": frozenset({"charging", "completed", "cancelled", "failed"}),
    "completed": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
    "failed": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What was last announced of a waiting session: its standing, and when it is its turn (None: unknown)."""

    tier: int
    score_ppm: int
    turn_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Interruption:
    """What was tried to resume a session: room was asked for last at `since_ms`, or else it was interrupted then.

    `request_id`: of the request of room that is not granted yet; `attempts`: how often there was room, and its charger
    was asked to start; `failed`: its driver was notified; `withheld`: only its own card starts it.
    """

    since_ms: int
    attempts: int = 0
    request_id: str = ""
    failed: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """An open session at a site.

    `need_wh` None: unknown, so it charges until departure; `depart_ms` None: unknown (a walk-up). `until_ms` is
    when the present hold ends (the offer's, or the time to plug in); a snoozed session isn't offered anything before
    `snoozed_until_ms`. `tier` holds until `tier_until_ms` (None: P2, which needs no proof).
    """

    id: str
    vehicle_id: str | None
    tier: int
    need_wh: int | None
    depart_ms: int | None
    max_ma: int | None
    phases: int
    queued_ms: int
    walk_up: bool
    state: State = "queued"
    charger_id: str | None = None
    until_ms: int = 0
    snoozed_until_ms: int = 0
    tier_until_ms: int | None = None
    waited_ms: int = 0
    """Time without a charger and in pauses that are over."""
    paused_since_ms: int = 0
    meter_start_wh: int = 0
    token_ref: str = ""
    """The token of its last transaction."""
    interruption: Interruption | None = None
    """Plugged in and paused, and its transaction is over: it goes on with another one."""
    before_wh: int = 0
    """What it received in transactions that are over."""
    before_estimated: bool = False
    """Some of that is not known, of transactions that ended with a stop."""
    announced: Expectation | None = None
    """None while nothing was announced of this wait."""
    estimated: bool = False
    """Some of the energy that it received is not known."""

    def holds(self, charger_id: str) -> bool:
        """Whether the charger is held for this session and not in use by it yet."""
        return self.charger_id == charger_id and self.state in ("offered", "assigned")

    @property
    def interrupted(self) -> bool:
        return self.interruption is not None

    def plugged(self) -> bool:
        return self.state in ("charging", "paused")

    def waited_until(self, now_ms: int) -> int:
        """How long it has waited in all: for a charger, and plugged in but paused (ms)."""
        if self.state == "charging":
            return self.waited_ms
        since_ms = self.paused_since_ms if self.state == "paused" else self.queued_ms
        return self.waited_ms + now_ms - since_ms


def check_transition(session: Session, to: State, wish: str) -> None:
    """Raise `DomainError` where `to` may not follow; `wish` is for the error's text, e.g. `be snoozed`."""
    if to not in MAY_FOLLOW[session.state]:
        raise DomainError(f"a session that is {session.state} can't {wish}", field="session_id", rule=RULE)
