"""Commands to, and events of, `vehicles`: every request of a driver enters through the vehicle."""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Decision, Payload, record_type


@record_type("vehicles.request_session.v1", "command")
class RequestSession(Payload):
    """A driver wants to charge at a site. `depart_ms` is when they leave (ms UTC); the vehicle's level may be unknown.

    `site_zone` is the site's location zone, which a claim to priority is held against; None: unknown, so nothing is
    near it.
    """

    session_id: str
    vehicle_id: str
    site_id: str
    target_permille: int
    level_permille: int | None
    depart_ms: int
    site_zone: str | None = None


@record_type("vehicles.cancel_session.v1", "command")
class CancelSession(Payload):
    session_id: str


@record_type("vehicles.accept_offer.v1", "command")
class AcceptOffer(Payload):
    session_id: str


@record_type("vehicles.snooze_offer.v1", "command")
class SnoozeOffer(Payload):
    session_id: str


@record_type("vehicle.added.v1", "event")
class VehicleAdded(Payload):
    vehicle_id: str
    battery_wh: int | None
    max_ma: int | None
    phases: int
    owner_id: str | None = None
    enterprise_id: str | None = None
    priority_eligible: bool = False


@record_type("session.requested.v1", "event")
class SessionRequested(Payload):
    """A request that the site receives. `need_wh` None: unknown, so the vehicle charges until departure.

    `site_zone` stays with the vehicle, whose claims to priority are held against it.
    """

    session_id: str
    vehicle_id: str
    site_id: str
    tier: int
    target_permille: int
    level_permille: int | None
    need_wh: int | None
    depart_ms: int
    max_ma: int | None
    phases: int
    site_zone: str | None = None


@record_type("session.cancel_requested.v1", "event")
class CancelRequested(Payload):
    session_id: str
    site_id: str


@record_type("session.accept_requested.v1", "event")
class AcceptRequested(Payload):
    session_id: str
    site_id: str


@record_type("session.snooze_requested.v1", "event")
class SnoozeRequested(Payload):
    session_id: str
    site_id: str


@record_type("vehicle.session_closed.v1", "event")
class SessionClosed(Payload):
    """The vehicle may request a session again."""

    session_id: str
    vehicle_id: str
    state: str
    reason: str


Basis = Literal["mission", "low_charge", "operator"]
"""What a priority rests on: a verified mission, an urgent review by the rule, an urgent review by an operator."""


class Evidence(Payload):
    """The evidence about the vehicle when its priority was decided. None: unknown or stale, which never grants.

    Ages (ms) are the time since the source's observation.
    """

    eligible: bool
    mission_active: bool | None
    mission_age_ms: int | None
    location_zone: str | None
    location_age_ms: int | None
    site_zone: str | None
    level_permille: int | None
    level_age_ms: int | None


@record_type("vehicles.request_urgent_review.v1", "command")
class RequestUrgentReview(Payload):
    """A driver requests P1. Their reason is in the vault, under the id of this command."""

    session_id: str


@record_type("vehicles.decide_urgent_review.v1", "command")
class DecideUrgentReview(Payload):
    """An operator's decision on a review that the rule could not grant; their reason is in the vault."""

    session_id: str
    granted: bool


@record_type("urgent_review.opened.v1", "event")
class UrgentReviewOpened(Payload):
    """The rule could not grant it (`reason`): an operator may, until `decide_by_ms`; then it is denied."""

    session_id: str
    vehicle_id: str
    decide_by_ms: int
    reason: str
    site_id: str | None = None
    evidence: Evidence | None = None


@record_type("priority.claimed.v1", "event")
class PriorityClaimed(Payload):
    """The vehicle has the proofs and asks its holder's quota: `enterprise:<id>` or `account:<id>`."""

    claim_id: str
    holder: str
    vehicle_id: str
    session_id: str
    basis: Basis


@record_type("priority.holder_approved.v1", "event")
class HolderApproved(Payload):
    """The vehicles of this enterprise may have `tier`, `limit` times in the window of the quota."""

    holder: str
    tier: int
    limit: int


@record_type("priority.holder_suspended.v1", "event")
class HolderSuspended(Payload):
    """The vehicles of this enterprise have no priority, until it is approved again."""

    holder: str


@record_type("priority.quota_used.v1", "event")
class QuotaUsed(Decision):
    """The holder has room: `used` of `limit` grants in its window, this one included. A renewal counts once."""

    claim_id: str
    vehicle_id: str
    tier: int
    used: int
    limit: int


@record_type("priority.quota_refused.v1", "event")
class QuotaRefused(Decision):
    claim_id: str
    vehicle_id: str
    used: int
    limit: int


@record_type("priority.revoked.v1", "event")
class PriorityRevoked(Payload):
    """The holder may have priority no longer: priority that the vehicle has ends."""

    claim_id: str
    vehicle_id: str
    reason: str


@record_type("priority.granted.v1", "event")
class PriorityGranted(Decision):
    """The session has this tier until `valid_until_ms`, unless it is granted again or ends before."""

    session_id: str
    vehicle_id: str
    site_id: str
    tier: int
    basis: Basis
    valid_until_ms: int
    evidence: Evidence


@record_type("priority.denied.v1", "event")
class PriorityDenied(Decision):
    """No priority; `session_id` None: a claim was made outside a session."""

    session_id: str | None
    vehicle_id: str
    site_id: str | None
    basis: Basis
    evidence: Evidence


@record_type("priority.expired.v1", "event")
class PriorityExpired(Decision):
    """The session is P2 again."""

    session_id: str
    vehicle_id: str
    site_id: str
    tier: int
    """The tier that it had."""
    evidence: Evidence
