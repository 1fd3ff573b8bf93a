"""The messages between processors: which processors receive an event, in one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from commands.log.topics import stream
from domain.records import Payload, Record, load, registry, sites, vehicles

Key = Callable[[Any, str], str | None]


def _site(event: Any, _: str) -> str | None:
    return event.site_id  # type: ignore[no-any-return]


def _vehicle(event: Any, _: str) -> str | None:
    return event.vehicle_id  # type: ignore[no-any-return]


def _holder(event: Any, _: str) -> str | None:
    return event.holder  # type: ignore[no-any-return]


def _enterprise(event: Any, _: str) -> str | None:
    return f"enterprise:{event.enterprise_id}"


def _same(_: Any, key: str) -> str | None:
    return key


ROUTES: dict[type[Payload], tuple[tuple[str, Key], ...]] = {
    registry.SiteRegistered: (("sites", _site), ("load", _site)),
    registry.ChargerRegistered: (("sites", _site), ("load", _site)),
    registry.VehicleRegistered: (("vehicles", _vehicle),),
    registry.EnterpriseApproved: (("vehicles", _enterprise),),
    registry.EnterpriseSuspended: (("vehicles", _enterprise),),
    vehicles.SessionRequested: (("sites", _site),),
    vehicles.CancelRequested: (("sites", _site),),
    vehicles.AcceptRequested: (("sites", _site),),
    vehicles.SnoozeRequested: (("sites", _site),),
    vehicles.PriorityClaimed: (("vehicles", _holder),),
    vehicles.QuotaUsed: (("vehicles", _vehicle),),
    vehicles.QuotaRefused: (("vehicles", _vehicle),),
    vehicles.PriorityRevoked: (("vehicles", _vehicle),),
    vehicles.PriorityGranted: (("sites", _site),),
    vehicles.PriorityExpired: (("sites", _site),),
    sites.SessionEnded: (("vehicles", _vehicle),),
    sites.SessionRefused: (("vehicles", _vehicle),),
    sites.StartDenied: (("load", _same),),
    sites.StartRequested: (("load", _same),),
    sites.ResumeRequested: (("load", _same),),
    sites.ScheduleChanged: (("load", _same),),
    sites.TargetsRenewed: (("load", _same),),
    load.CapacityChanged: (("sites", _same),),
    load.ChargerConnected: (("sites", _same),),
    load.ChargerDisconnected: (("sites", _same),),
    load.ChargerStatusChanged: (("sites", _same),),
    load.ClockLearnt: (("sites", _same),),
    load.LimitDesired: (("sites", _same),),
    load.TokenPresented: (("sites", _same),),
    load.PermitSought: (("sites", _same),),
    load.TransactionPermitted: (("sites", _same),),
    load.TransactionRefused: (("sites", _same),),
    load.TransactionStarted: (("sites", _same),),
    load.TransactionStopCorrected: (("sites", _same),),
    load.TransactionStopped: (("sites", _same),),
}


def messages(event: Record) -> Sequence[tuple[str, Record]]:
    """The inputs that follow from an event, and whom each is for. A None key (a walk-up's vehicle): nobody."""
    routes = ROUTES.get(type(event.data))
    if routes is None:
        return ()
    key = event.stream.partition(":")[2]
    found = [(processor, route(event.data, key)) for processor, route in routes]
    return [
        (processor, event._replace(stream=stream(processor, to), build="", sequence=0)) for processor, to in found if to
    ]
