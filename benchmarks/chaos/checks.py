"""The checks of a settled cluster, whatever its faults: each names the first difference."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.electrical.outlet_id import charger_of
from domain.records import Payload, Record, derived_id
from domain.records.load import (
    CommissionCharger,
    CommissioningOpened,
    GridLimitSet,
    SetGridLimit,
    TransactionStarted,
)
from domain.records.registry import (
    AccountRegistered,
    ChargerRegistered,
    RegisterAccount,
    RegisterCharger,
    RegisterSite,
    RegisterVehicle,
    SiteRegistered,
    VehicleRegistered,
)
from domain.records.sites import SessionAssigned, SessionEnded, SessionQueued, SessionRefused, SessionSnoozed
from domain.records.time import InputRejected
from domain.records.vehicles import AcceptOffer, CancelSession, RequestSession, SnoozeOffer
from processors.engine.replay import Replayed
from simulators.server.ledger import Entry
from simulators.time.virtual_time import parse_ms

OUTCOMES: Mapping[type[Payload], tuple[type[Payload], ...]] = {
    RegisterAccount: (AccountRegistered,),
    RegisterSite: (SiteRegistered,),
    RegisterCharger: (ChargerRegistered,),
    RegisterVehicle: (VehicleRegistered,),
    CommissionCharger: (CommissioningOpened,),
    SetGridLimit: (GridLimitSet,),
    RequestSession: (SessionQueued, SessionRefused),
    AcceptOffer: (SessionAssigned,),
    SnoozeOffer: (SessionSnoozed,),
    CancelSession: (SessionEnded,),
}
TELEMETRY = "/telemetry"
REFUSED = 400
MISSING = 404
STORED = 202
Rows = Sequence[Mapping[str, Any]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The number of things checked, and the first difference (None: there is none)."""

    checked: int
    difference: str | None = None

    @property
    def ok(self) -> bool:
        return self.difference is None


def commands_once(entries: Iterable[Entry], inputs: Sequence[Record], events: Sequence[Record]) -> Verdict:
    """Each acknowledged command is on the log and has one outcome: a decision of its kind, or a rejection.

    One that was answered with its decision was not rejected.
    """
    find = _Finder(inputs)
    caused: dict[str, list[Payload]] = defaultdict(list)
    for event in events:
        caused[event.correlationid].append(event.data)
    checked = 0
    for entry in _acknowledged(entries, readings=False):
        checked += 1
        command = find(entry)
        if command is None:
            return Verdict(checked, f"{_words(entry)}: not on the log")
        awaited: tuple[type[Payload], ...] = (*OUTCOMES[type(command.data)], InputRejected)
        outcomes = [type(event).type_name for event in caused[command.id] if isinstance(event, awaited)]
        if len(outcomes) != 1:
            return Verdict(checked, f"{_words(entry)} ({command.id}): {len(outcomes)} outcomes {outcomes}")
        if entry["status"] != STORED and outcomes == [InputRejected.type_name]:
            return Verdict(checked, f"{_words(entry)} ({command.id}): acknowledged, and rejected on the log")
    return Verdict(checked)


def nothing_missing(entries: Sequence[Entry]) -> Verdict:
    """Clients only ask for what some instance has acknowledged to them, so none of it is answered with 404."""
    missing = _first(f"{_words(entry)}: answered with {MISSING}" for entry in entries if entry["status"] == MISSING)
    return Verdict(len(entries), missing)


def events_once(events: Sequence[Record]) -> Verdict:
    """No event is on the log twice."""
    doubled = _first(event for event, count in Counter(event.id for event in events).items() if count > 1)
    return Verdict(len(events), doubled and f"event {doubled} is there more than once")


def readings_once(
    entries: Iterable[Entry], inputs: Sequence[Record], expected: Mapping[str, Sequence[str]], stored: Sequence[str]
) -> Verdict:
    """Each acknowledged reading, and each other row that the log makes, is in the time series once, and no more.

    `expected`: record id -> the ids of its rows; `stored`: those that are there.
    """
    find, count = _Finder(inputs), Counter(stored)
    for entry in _acknowledged(entries, readings=True):
        reading = find(entry)
        if reading is None:
            return Verdict(len(stored), f"{_words(entry)}: not on the log")
        if not expected[reading.id] or any(count[row] != 1 for row in expected[reading.id]):
            return Verdict(
                len(stored), f"{_words(entry)} ({reading.id}): stored {[count[row] for row in expected[reading.id]]}"
            )
    for record, rows in expected.items():
        for row in rows:
            if count[row] != 1:
                return Verdict(len(stored), f"row {row} of record {record}: stored {count[row]} times")
    unknown = _first(sorted(count.keys() - {row for rows in expected.values() for row in rows}))
    return Verdict(len(stored), unknown and f"row {unknown}: no record on the log made it")


def starts_once(starts: Iterable[Entry], events: Sequence[Record]) -> Verdict:
    """Each transaction that was accepted to a charger exists once, with the id of that answer."""
    found = Counter(
        (charger_of(one.charger_id), one.transaction_id, one.meter_start_wh, one.charger_time_ms)
        for one in (event.data for event in events)
        if isinstance(one, TransactionStarted) and one.duplicate_of is None
    )
    known = [start for start in starts if start["status"] == "Accepted"]
    for start in known:
        times = found[start["charger"], str(start["transaction"]), start["meter_wh"], parse_ms(start["at"])]
        if times != 1:
            return Verdict(len(known), f"{start}: started {times} times")
    return Verdict(len(known))


def same_tables(live: Mapping[str, Rows], again: Mapping[str, Rows]) -> Verdict:
    """The read models are what a rebuild from the first event makes."""
    checked = sum(map(len, again.values()))
    for name in sorted({*live, *again}):
        mine, other = ({repr(sorted(row.items())) for row in tables.get(name, ())} for tables in (live, again))
        if len(live.get(name, ())) != len(again.get(name, ())) or mine != other:
            only_live, only_again = _first(sorted(mine - other)), _first(sorted(other - mine))
            return Verdict(checked, f"{name}: only live {only_live}; only rebuilt {only_again}")
    return Verdict(checked)


def replays_same(replays: Sequence[Replayed]) -> Verdict:
    """Every processor decides the recorded events again, byte for byte."""
    for one in replays:
        if one.difference is not None:
            was, now = one.difference.recorded, one.difference.replayed
            where = f"{one.processor}: {one.difference.stream}, event {one.difference.index}"
            return Verdict(one.events, f"{where}: recorded {was!r}; replayed {now!r}")
    return Verdict(sum(one.events for one in replays))


class _Finder:
    """The command that a ledger's entry is about: its id follows from who asked, what, and the key."""

    def __init__(self, inputs: Sequence[Record]) -> None:
        self._known = {record.id: record for record in inputs if record.source == "/api"}
        self._actors = {record.actor for record in self._known.values()}

    def __call__(self, entry: Entry) -> Record | None:
        route = f"{entry['method']} /api/v1{entry['path']}"
        ids = (derived_id(actor, route, entry["key"]) for actor in self._actors)
        return _first(self._known[id_] for id_ in ids if id_ in self._known)


def _acknowledged(entries: Iterable[Entry], *, readings: bool) -> Iterable[Entry]:
    return [one for one in entries if one["status"] < REFUSED and one["path"].endswith(TELEMETRY) == readings]


def _words(entry: Entry) -> str:
    return f"{entry['method']} {entry['path']} with key {entry['key']}, answered {entry['status']}"


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)
