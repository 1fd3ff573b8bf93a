"""Events of `sites`: the life of a session, the queue, the schedule."""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Decision, Payload, record_type
from domain.records.registry import NodeSpec
from domain.records.words import OutletStatus

EndState = Literal["completed", "cancelled", "expired", "failed"]
EndReason = Literal[
    "target_reached",
    "unplugged",
    "time_up",
    "no_show",
    "fault",
    "cancelled",
    "remote",
    "refused",
    "stop_lost",
    "operator",
]


class Fairness(Payload):
    """A fairness score and the parts that it is made of: higher means more deserving; all 0 to 1,000,000 ppm.

    `energy_ppm`: received little in congested hours; `waiting_ppm`: waited long; `slack_ppm`: has little slack left.
    """

    score_ppm: int
    energy_ppm: int
    waiting_ppm: int
    slack_ppm: int


class Standing(Payload):
    """A driver who waits, as the ranking saw them."""

    session_id: str
    tier: int
    fairness: Fairness
    queued_ms: int


@record_type("sites.end_session.v1", "command")
class EndSession(Payload):
    """An operator ends the session that an outlet serves or is held for, also one of a car without an account.

    `session_id` None: whichever it is.
    """

    charger_id: str
    session_id: str | None = None


@record_type("sites.release_outlet.v1", "command")
class ReleaseOutlet(Payload):
    """An operator frees an outlet: its session waits again, or the car that stayed after its session is forgotten."""

    charger_id: str


@record_type("sites.site_added.v1", "event")
class SiteAdded(Payload):
    site_id: str
    nodes: tuple[NodeSpec, ...]
    priority_reserve_w: int = 0
    walk_ups: bool = True


@record_type("sites.charger_added.v1", "event")
class SiteChargerAdded(Payload):
    charger_id: str
    node: str
    phases: tuple[int, ...]
    max_ma: int
    min_ma: int
    voltage_mv: int


@record_type("sites.charger_changed.v2", "event")
class SiteChargerChanged(Payload):
    """What the site knows of an outlet, as reported by `load`.

    `whole_status` is that of its charger where the charger as a whole can't charge, else None.
    """

    charger_id: str
    connected: bool
    status: OutletStatus
    whole_status: OutletStatus | None = None


@record_type("sites.capacity_known.v1", "event")
class CapacityKnown(Payload):
    limits: tuple[NodeSpec, ...]
    fixed: tuple[tuple[str, int], ...]


@record_type("session.queued.v1", "event")
class SessionQueued(Payload):
    session_id: str
    vehicle_id: str | None
    site_id: str
    tier: int
    need_wh: int | None
    target_permille: int | None
    depart_ms: int | None
    max_ma: int | None
    phases: int
    walk_up: bool


@record_type("session.refused.v1", "event")
class SessionRefused(Payload):
    session_id: str
    vehicle_id: str | None
    reason: str


@record_type("session.offered.v1", "event")
class SessionOffered(Decision):
    """A charger is reserved for the car until `held_until_ms` (ms UTC)."""

    session_id: str
    charger_id: str
    held_until_ms: int
    facts: tuple[Standing, ...]
    """Everybody who waited, in the order they were ranked."""


@record_type("session.snoozed.v1", "event")
class SessionSnoozed(Payload):
    session_id: str
    charger_id: str
    until_ms: int


@record_type("session.assigned.v1", "event")
class SessionAssigned(Payload):
    session_id: str
    charger_id: str
    plug_in_until_ms: int


@record_type("session.charging.v2", "event")
class SessionCharging(Payload):
    session_id: str
    charger_id: str
    transaction_id: str
    meter_start_wh: int
    token_ref: str = ""
    """Whose transaction it is: what may start the next one, if this is interrupted."""


@record_type("session.paused.v1", "event")
class SessionPaused(Payload):
    session_id: str
    reason: str


@record_type("session.resumed.v1", "event")
class SessionResumed(Payload):
    session_id: str


@record_type("session.energy_estimated.v1", "event")
class SessionEnergyEstimated(Payload):
    """Whether some of what an open session received is not known: the charger's energy register did not continue."""

    session_id: str
    estimated: bool


@record_type("session.interrupted.v1", "event")
class SessionInterrupted(Payload):
    """The transaction ended and the car is still plugged in: the session keeps its outlet until another one starts."""

    session_id: str
    charger_id: str
    energy_wh: int
    """What it had received by then."""
    estimated: bool
    reason: str
    transaction_id: str | None = None
    """Where the transaction ended without the charger's stop: that stop may still correct the session's energy."""


@record_type("session.resume_requested.v1", "event")
class ResumeRequested(Payload):
    """There is current for an interrupted session and room for its start: its charger is asked to start a transaction.

    `token_ref` stands for the driver's token, which the gateway sends.
    """

    session_id: str
    charger_id: str
    request_id: str
    token_ref: str
    expires_ms: int


@record_type("session.resume_failed.v1", "event")
class ResumeFailed(Payload):
    """There is current for an interrupted session, and no transaction begins by itself: its driver must start it."""

    session_id: str
    charger_id: str
    reason: str


@record_type("session.resume_withheld.v1", "event")
class ResumeWithheld(Payload):
    """An interrupted session is not resumed by the platform any more: another car may be plugged in at its outlet."""

    session_id: str
    charger_id: str
    reason: str


@record_type("session.energy_corrected.v1", "event")
class SessionEnergyCorrected(Payload):
    """A stop came after one of the session's transactions had ended without it: its energy, once a transaction.

    `open`: the session goes on, and this is what it received in transactions that are over.
    """

    session_id: str
    energy_wh: int
    estimated: bool
    transaction_id: str | None = None
    open: bool = False


@record_type("session.ended.v2", "event")
class SessionEnded(Payload):
    session_id: str
    vehicle_id: str | None
    charger_id: str | None
    state: EndState
    reason: EndReason
    energy_wh: int
    waited_ms: int
    estimated: bool = False
    """Some of what it received is not known: the charger's energy register did not continue."""
    transaction_id: str | None = None
    """Where it ended without the charger's stop: the transaction whose stop may still correct its energy."""
    estimated_with_stops: bool = False
    """Some of what it received in transactions that ended with a stop is not known: no late stop makes that known."""


@record_type("session.occupying.v1", "event")
class ChargerOccupied(Payload):
    """The session is over but its car is still plugged in; `wanted`: a driver waits for the charger."""

    session_id: str
    charger_id: str
    wanted: bool


@record_type("charger.released.v1", "event")
class ChargerReleased(Payload):
    charger_id: str


@record_type("start.requested.v1", "event")
class StartRequested(Payload):
    """The site agrees that this token may charge here; `load` decides whether it fits.

    `resumes`: the interrupted session that the site wants to resume by itself; None: a driver asked.
    """

    charger_id: str
    request_id: str
    vehicle_id: str | None
    token_ref: str
    resumes: str | None = None


Denial = Literal["refused", "unknown_card", "blocked_card", "expired_card"]
"""Whether a start is denied for its card, or for another reason, which is in words."""


@record_type("start.denied.v1", "event")
class StartDenied(Decision):
    charger_id: str
    request_id: str
    denial: Denial = "refused"


class Target(Payload):
    charger_id: str
    target_ma: int


class Claimant(Payload):
    """One car as the schedule rule saw it; currents are per phase."""

    charger_id: str
    tier: int
    fairness: Fairness
    weight_ppm: int
    min_ma: int
    max_ma: int
    running: bool


@record_type("site.schedule_changed.v1", "event")
class ScheduleChanged(Decision):
    """New targets, only those that changed.

    `claimants`, `limits`, `fixed` and `priority_reserve_w` (what is left of it) are what the rule was called with.
    """

    targets: tuple[Target, ...]
    valid_until_ms: int
    claimants: tuple[Claimant, ...]
    limits: tuple[NodeSpec, ...]
    fixed: tuple[tuple[str, int], ...]
    priority_reserve_w: int = 0


@record_type("site.targets_renewed.v1", "event")
class TargetsRenewed(Payload):
    valid_until_ms: int


class Expected(Standing):
    """The place of a driver who waits, and when a charger may be free for them (ms UTC). None: unknown."""

    turn_at_ms: int | None


@record_type("site.eta_changed.v2", "event")
class EtaChanged(Payload):
    """The changes of the places and turns of waiting sessions, and of the times when busy chargers come free (ms UTC).

    Sessions that leave the queue have other events. None: the charger is not busy any more, or until an unknown time.
    """

    sessions: tuple[Expected, ...]
    """In the order of the queue."""
    chargers: tuple[tuple[str, int | None], ...]


@record_type("site.fairness_changed.v1", "event")
class FairnessChanged(Payload):
    """Energy received in congested hours, added per member since the last such event (Wh)."""

    received: tuple[tuple[str, int], ...]


@record_type("session.requeued.v1", "event")
class SessionRequeued(Payload):
    """The charger that was reserved is not available any more: the session waits again, at its old place."""

    session_id: str
    charger_id: str
    reason: str


@record_type("sites.transaction_known.v2", "event")
class TransactionKnown(Payload):
    """What the site knows of a charger's transaction; None: it is over.

    One that is not `permitted` serves no session yet.
    """

    charger_id: str
    transaction_id: str | None
    permitted: bool = True
    vehicle_id: str | None = None
    meter_start_wh: int = 0
    token_ref: str = ""


@record_type("session.tier_changed.v1", "event")
class SessionTierChanged(Payload):
    """Priority came or went; `until_ms` None: for as long as the session lasts (P2)."""

    session_id: str
    tier: int
    until_ms: int | None
