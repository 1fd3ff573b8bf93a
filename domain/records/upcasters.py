"""Upcasters: the data of a record of an old version in the shape of the next version.

A type that had to change is a new type (`.v2`). The model of the old one goes, and a pure function stands for it here,
which makes the next version's data of the old one's: one step a version, chained until the present one. Readers of the
log see present versions only; what is stored is never rewritten.

    @upcasts("site.example.v1")
    def _example_v1(data: Data) -> Data:
        return {**data, "added": 0}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.records.words import outlet_error, outlet_status, reported_reason

Data = dict[str, Any]
"""The data of a record, as JSON has it."""
Upcaster = Callable[[Data], Data]

UPCASTERS: dict[str, Upcaster] = {}
"""Old version of a type -> the step to the next one. The schema of each stays in `schemas/` as history."""


def upcasts(name: str) -> Callable[[Upcaster], Upcaster]:
    """Register the step from the version `name` of a type to the next one."""

    def register(step: Upcaster) -> Upcaster:
        if name in UPCASTERS:
            raise ValueError(f"there are two upcasters of {name}")
        UPCASTERS[name] = step
        return step

    return register


def next_version(name: str) -> str:
    """The version after `name`: `site.example.v2` after `site.example.v1`."""
    stem, _, version = name.rpartition(".v")
    return f"{stem}.v{int(version) + 1}"


def present_name(name: str) -> str:
    """The version under which readers see a type that was recorded as `name`."""
    while name in UPCASTERS:
        name = next_version(name)
    return name


def upcast(name: str, data: Data) -> Data:
    """The data of a record of the type `name`, in the shape of its present version."""
    while name in UPCASTERS:
        name, data = next_version(name), UPCASTERS[name](data)
    return data


@upcasts("site.eta_changed.v1")
def _eta_changed_v1(data: Data) -> Data:
    """The old version listed the whole queue; the new one lists what changed, here all of it."""
    turns = dict(data["sessions"])
    sessions = [{**one, "turn_at_ms": turns.get(one["session_id"])} for one in data["standings"]]
    return {"sessions": sessions, "chargers": data["chargers"]}


def _transaction(data: Data) -> Data:
    """A transaction's id is text: OCPP 2.x has no numbers for it. 0 stood for one that could not be read."""
    number = data.get("transaction_id")
    return data if number is None else {**data, "transaction_id": str(number) if number else ""}


def _evse(data: Data) -> Data:
    """What OCPP 1.6 calls a connector is an EVSE with one connector."""
    return {"evse_id": data["connector_id"]} | {name: value for name, value in data.items() if name != "connector_id"}


def _status(data: Data) -> Data:
    return {**data, "status": outlet_status(data["status"]), "error_code": outlet_error(data["error_code"])}


def _charger_changed(data: Data) -> Data:
    whole = data.get("whole_status")
    return {
        **data,
        "status": outlet_status(data["status"]),
        "whole_status": outlet_status(whole) if whole else None,
    }


STOPS_OF_OURS = {"StopLost": "stop_lost", "ClosedByOperator": "closed_by_operator"} | {
    same: same for same in ("superseded", "restarted")
}


def _reason(data: Data) -> Data:
    reason = data["reason"]
    return {**data, "reason": STOPS_OF_OURS.get(reason) or reported_reason(reason)}


def _steps(*steps: Upcaster) -> Upcaster:
    def all_of_them(data: Data) -> Data:
        for step in steps:
            data = step(data)
        return data

    return all_of_them


for _name, _step in {
    "ocpp.status.v1": _steps(_evse, _status),
    "charger.status_changed.v1": _steps(_evse, _status),
    "ocpp.transaction_start.v1": _evse,
    "ocpp.transaction_stop.v1": _steps(_transaction, _reason),
    "ocpp.metered.v1": _steps(_evse, _transaction),
    "charger.reading_refused.v1": _steps(_evse, _transaction),
    "transaction.started.v1": _steps(_evse, _transaction),
    "transaction.stopped.v1": _steps(_transaction, _reason),
    "transaction.stop_corrected.v1": _steps(_transaction, _reason),
    "transaction.permit_sought.v1": _transaction,
    "transaction.stop_repeated.v1": _transaction,
    "transaction.quarantined.v1": _transaction,
    "charger.limit_desired.v1": _transaction,
    "charger.lease_ended.v1": _transaction,
    "load.close_transaction.v1": _transaction,
    "session.charging.v1": _transaction,
    "session.ended.v1": _transaction,
    "sites.transaction_known.v1": _transaction,
    "sites.charger_changed.v1": _charger_changed,
}.items():
    upcasts(_name)(_step)


@upcasts("site.limits_renewed.v1")
def _limits_renewed_v1(data: Data) -> Data:
    return {**data, "limits": [_transaction(limit) for limit in data["limits"]]}


def upcast_desired(row: Data) -> Data:
    """A row of `chargers.desired` in its present shape: the transaction of its lease was a number before."""
    lease = row.get("lease")
    if lease is None or "connector_id" not in lease:
        return row
    others = {name: value for name, value in lease.items() if name not in ("connector_id", "transaction_id")}
    renamed = {"evse_id": lease["connector_id"], "transaction_id": str(lease["transaction_id"])}
    return {**row, "lease": others | renamed}
