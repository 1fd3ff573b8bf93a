"""What drivers request of their vehicle: one session at a time, and what becomes of it."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.sites import SessionEnded, SessionRefused
from domain.records.vehicles import (
    AcceptOffer,
    AcceptRequested,
    CancelRequested,
    CancelSession,
    RequestSession,
    SessionClosed,
    SessionRequested,
    SnoozeOffer,
    SnoozeRequested,
)
from domain.site.session import EVERYONE
from domain.vehicle import mission
from domain.vehicle.context import VehicleContext
from domain.vehicle.session_request import check_request, energy_need_wh
from domain.vehicle.vehicle import Visit

RULE = "vehicles.one_session.v1"


def request(context: VehicleContext, asked: RequestSession) -> None:
    """Pass a request on to the site, with the priority that a mission gives.

    Raises `DomainError` where the vehicle may not ask, or not for this.
    """
    vehicle = context.vehicle
    if not vehicle.known:
        raise DomainError("this vehicle is not registered", field="vehicle_id", rule=RULE)
    if vehicle.visit is not None:
        session_id = vehicle.visit.session_id
        raise DomainError(f"this vehicle has session {session_id} open", field="vehicle_id", rule=RULE)
    check_request(asked.target_permille, asked.level_permille, asked.depart_ms, context.now_ms)
    context.add(
        SessionRequested(
            session_id=asked.session_id,
            vehicle_id=asked.vehicle_id,
            site_id=asked.site_id,
            tier=EVERYONE,
            target_permille=asked.target_permille,
            level_permille=asked.level_permille,
            need_wh=energy_need_wh(asked.target_permille, asked.level_permille, vehicle.battery_wh),
            depart_ms=asked.depart_ms,
            max_ma=vehicle.max_ma,
            phases=vehicle.phases,
            site_zone=asked.site_zone,
        )
    )
    mission.at_request(context)


def cancel(context: VehicleContext, asked: CancelSession) -> None:
    """Pass it on to the site. Raises `DomainError` where this session is not open; `accept` and `snooze` likewise."""
    visit = _open_visit(context, asked.session_id)
    context.add(CancelRequested(session_id=visit.session_id, site_id=visit.site_id))


def accept(context: VehicleContext, asked: AcceptOffer) -> None:
    visit = _open_visit(context, asked.session_id)
    context.add(AcceptRequested(session_id=visit.session_id, site_id=visit.site_id))


def snooze(context: VehicleContext, asked: SnoozeOffer) -> None:
    visit = _open_visit(context, asked.session_id)
    context.add(SnoozeRequested(session_id=visit.session_id, site_id=visit.site_id))


def close(context: VehicleContext, event: SessionEnded | SessionRefused) -> None:
    """Its site ended the session, or refused it: the vehicle may ask again."""
    visit = context.vehicle.visit
    if visit is None or visit.session_id != event.session_id:
        return
    state = event.state if isinstance(event, SessionEnded) else "refused"
    vehicle_id = event.vehicle_id or ""
    context.add(SessionClosed(session_id=event.session_id, vehicle_id=vehicle_id, state=state, reason=event.reason))


def _open_visit(context: VehicleContext, session_id: str) -> Visit:
    visit = context.vehicle.visit
    if visit is None or visit.session_id != session_id:
        raise DomainError("this vehicle has no such session open", field="session_id", rule=RULE)
    return visit
