"""Commands to, and events of, `vehicles`: every request of a driver enters through the vehicle."""

from __future__ import annotations

from domain.records.catalogue import Payload, record_type


@record_type("vehicles.request_session.v1", "command")
class RequestSession(Payload):
    """A driver wants to charge at a site. `depart_ms` is the time she has; the vehicle's level may be unknown.

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
    """The vehicle may ask: goes to the site. `need_wh` None: unknown, so it charges until departure.

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
    """The vehicle is free to ask again."""

    session_id: str
    vehicle_id: str
    state: str
    reason: str
