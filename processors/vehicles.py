"""`vehicles`: one active session per vehicle; every request of a driver enters here. Stream: vehicle id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.desired import Desired
from domain.errors import DomainError
from domain.records import Payload, Record
from domain.records.fleet import (
    AcceptOffer,
    AcceptRequested,
    CancelRequested,
    CancelSession,
    RequestSession,
    SessionClosed,
    SessionRequested,
    SnoozeOffer,
    SnoozeRequested,
    VehicleAdded,
)
from domain.records.readings import Reading
from domain.records.registry import VehicleRegistered
from domain.records.sessions import SessionEnded, SessionRefused
from domain.session_request import check_request, energy_need_wh

RULE = "vehicles.one_session.v1"
EVERYONE = 2
"""Tier P2: what a vehicle has without proof of more."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a vehicle is, and the session it has open (with its site)."""

    known: bool = False
    battery_wh: int | None = None
    max_ma: int | None = None
    phases: int = 1
    session_id: str | None = None
    site_id: str = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """The last readings of the car: unknown until it tells."""


class Vehicles:
    """`processors.processor.Processor` for vehicles."""

    name = "vehicles"
    fold_type = Vehicle
    working_type = Readings

    def start(self, key: str) -> tuple[Vehicle, Readings]:
        return Vehicle(), Readings()

    def observe(self, fold: Vehicle, working: Readings, given: Record) -> Readings:
        return working

    def decide(self, fold: Vehicle, working: Readings, given: Record) -> Sequence[Payload]:
        match given.data:
            case VehicleRegistered() as told:
                return [VehicleAdded(**told.__dict__)]
            case RequestSession() as asked:
                return [_request(fold, asked, given.time)]
            case CancelSession() as asked:
                return [CancelRequested(session_id=_open(fold, asked), site_id=fold.site_id)]
            case AcceptOffer() as asked:
                return [AcceptRequested(session_id=_open(fold, asked), site_id=fold.site_id)]
            case SnoozeOffer() as asked:
                return [SnoozeRequested(session_id=_open(fold, asked), site_id=fold.site_id)]
            case SessionEnded() as told if told.session_id == fold.session_id:
                return [_closed(told.session_id, told.vehicle_id, told.state, told.reason)]
            case SessionRefused() as told if told.session_id == fold.session_id:
                return [_closed(told.session_id, told.vehicle_id, "refused", told.reason)]
            case Reading():
                return []
            case SessionEnded() | SessionRefused():
                return []
        raise DomainError(f"{given.type} is not for a vehicle", field="type", rule=RULE)

    def evolve(self, fold: Vehicle, event: Payload, time_ms: int) -> Vehicle:
        match event:
            case VehicleAdded():
                return replace(fold, known=True, battery_wh=event.battery_wh, max_ma=event.max_ma, phases=event.phases)
            case SessionRequested():
                return replace(fold, session_id=event.session_id, site_id=event.site_id)
            case SessionClosed():
                return replace(fold, session_id=None, site_id="")
        return fold

    def desired(self, fold: Vehicle, event: Payload) -> Sequence[Desired]:
        return ()


def _request(fold: Vehicle, asked: RequestSession, now_ms: int) -> SessionRequested:
    if not fold.known:
        raise DomainError("this vehicle is not registered", field="vehicle_id", rule=RULE)
    if fold.session_id is not None:
        raise DomainError(f"this vehicle has session {fold.session_id} open", field="vehicle_id", rule=RULE)
    check_request(asked.target_permille, asked.level_permille, asked.depart_ms, now_ms)
    return SessionRequested(
        session_id=asked.session_id,
        vehicle_id=asked.vehicle_id,
        site_id=asked.site_id,
        tier=EVERYONE,
        target_permille=asked.target_permille,
        level_permille=asked.level_permille,
        need_wh=energy_need_wh(asked.target_permille, asked.level_permille, fold.battery_wh),
        depart_ms=asked.depart_ms,
        max_ma=fold.max_ma,
        phases=fold.phases,
    )


def _open(fold: Vehicle, asked: Any) -> str:
    if fold.session_id is None or asked.session_id != fold.session_id:
        raise DomainError("this vehicle has no such session open", field="session_id", rule=RULE)
    return fold.session_id


def _closed(session_id: str, vehicle_id: str | None, state: str, reason: str) -> SessionClosed:
    return SessionClosed(session_id=session_id, vehicle_id=vehicle_id or "", state=state, reason=reason)
