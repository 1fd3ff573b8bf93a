"""Who hears of which event: the messages between processors, one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from commands.topics import stream
from domain.records import Payload, Record, fleet, load, priority, registry, sessions

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
    fleet.SessionRequested: (("sites", _site),),
    fleet.CancelRequested: (("sites", _site),),
    fleet.AcceptRequested: (("sites", _site),),
    fleet.SnoozeRequested: (("sites", _site),),
    priority.PriorityClaimed: (("vehicles", _holder),),
    priority.QuotaUsed: (("vehicles", _vehicle),),
    priority.QuotaRefused: (("vehicles", _vehicle),),
    priority.PriorityRevoked: (("vehicles", _vehicle),),
    priority.PriorityGranted: (("sites", _site),),
    priority.PriorityExpired: (("sites", _site),),
    sessions.SessionEnded: (("vehicles", _vehicle),),
    sessions.SessionRefused: (("vehicles", _vehicle),),
    sessions.StartRequested: (("load", _same),),
    sessions.ScheduleChanged: (("load", _same),),
    sessions.TargetsRenewed: (("load", _same),),
    load.CapacityChanged: (("sites", _same),),
    load.ChargerConnected: (("sites", _same),),
    load.ChargerDisconnected: (("sites", _same),),
    load.ChargerStatusChanged: (("sites", _same),),
    load.LimitDesired: (("sites", _same),),
    load.TransactionRefused: (("sites", _same),),
    load.TransactionStarted: (("sites", _same),),
    load.TransactionStopped: (("sites", _same),),
}


def messages(event: Record) -> Sequence[tuple[str, Record]]:
    """The inputs that follow from an event, and whom each is for. A None key (a walk-up's vehicle): nobody."""
    routes = ROUTES.get(type(event.data))
    if routes is None:
        return ()
    key = event.stream.partition(":")[2]
    found = [(processor, route(event.data, key)) for processor, route in routes]
    return [(processor, event._replace(stream=stream(processor, to), build="")) for processor, to in found if to]
