"""What drivers ask of their vehicle: one session at a time, and what becomes of it."""

from __future__ import annotations

from domain.errors import DomainError
from domain.records.sites import SessionEnded, SessionRefused
from domain.records.vehicles import RequestSession, SessionClosed, SessionRequested
from domain.site.session import EVERYONE
from domain.vehicle.session_request import check_request, energy_need_wh
from domain.vehicle.state import Vehicle, Visit

RULE = "vehicles.one_session.v1"


def request(vehicle: Vehicle, asked: RequestSession, now_ms: int) -> SessionRequested:
    """Pass a request on to the site. Raises `DomainError` where the vehicle may not ask, or not for this."""
    if not vehicle.known:
        raise DomainError("this vehicle is not registered", field="vehicle_id", rule=RULE)
    if vehicle.visit is not None:
        session_id = vehicle.visit.session_id
        raise DomainError(f"this vehicle has session {session_id} open", field="vehicle_id", rule=RULE)
    check_request(asked.target_permille, asked.level_permille, asked.depart_ms, now_ms)
    return SessionRequested(
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


def open_visit(vehicle: Vehicle, session_id: str) -> Visit:
    """The open session. Raises `DomainError` where it is another one, or none is."""
    if vehicle.visit is None or vehicle.visit.session_id != session_id:
        raise DomainError("this vehicle has no such session open", field="session_id", rule=RULE)
    return vehicle.visit


def close(vehicle: Vehicle, told: SessionEnded | SessionRefused) -> list[SessionClosed]:
    """Its site ended the session, or refused it: the vehicle may ask again."""
    if vehicle.visit is None or vehicle.visit.session_id != told.session_id:
        return []
    state = told.state if isinstance(told, SessionEnded) else "refused"
    vehicle_id = told.vehicle_id or ""
    return [SessionClosed(session_id=told.session_id, vehicle_id=vehicle_id, state=state, reason=told.reason)]
