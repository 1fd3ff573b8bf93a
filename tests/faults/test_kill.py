"""kill -9 of the server, ten times in a busy morning: what was acknowledged is there, once, and decided by the rules.

The world keeps its own ledger of what it was told; everything here is held against it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from domain.electrical.outlet_id import charger_of
from domain.records import Payload, Record, derived_id
from domain.records.load import (
    CommissionCharger,
    CommissioningOpened,
    GridLimitSet,
    SetGridLimit,
    TransactionStarted,
    TransactionStopped,
)
from domain.records.observations import Metered, Reading
from domain.records.registry import (
    AccountRegistered,
    ApproveEnterprise,
    ChargerRegistered,
    EnterpriseApproved,
    EnterpriseRegistered,
    RegisterAccount,
    RegisterCharger,
    RegisterEnterprise,
    RegisterSite,
    RegisterVehicle,
    SiteRegistered,
    VehicleRegistered,
)
from domain.records.sites import SessionAssigned, SessionEnded, SessionQueued, SessionRefused, SessionSnoozed
from domain.records.time import InputRejected
from domain.records.vehicles import AcceptOffer, CancelSession, RequestSession, SnoozeOffer
from processors.engine.history import records_of
from services.demo.proof import prove
from simulators.time.virtual_time import parse_ms
from simulators.world.sites import TWO_CONNECTORS
from tests.faults.supervisor import ROOT, Doom, Place, Supervisor, dooms

SEEDS = [int(seed) for seed in os.environ.get("COMMONWATT_KILL_SEEDS", "1").split(",")]
"""COMMONWATT_KILL_SEEDS=2,3,4 plays other mornings."""
KILLS = 10
DAY, START, UNTIL = "2019-03-08", "2019-03-07T20:00:00-08:00", 13
"""The morning, and the cap at noon."""
COMMITS, MINUTES = 1500, 30
"""A server lives at most so long: the morning has some 12,000 commits in ten hours."""
PATIENCE_S = 60
OUTCOMES: dict[type[Payload], tuple[type[Payload], ...]] = {
    RegisterAccount: (AccountRegistered,),
    RegisterSite: (SiteRegistered,),
    RegisterCharger: (ChargerRegistered,),
    RegisterVehicle: (VehicleRegistered,),
    RegisterEnterprise: (EnterpriseRegistered,),
    ApproveEnterprise: (EnterpriseApproved,),
    CommissionCharger: (CommissioningOpened,),
    SetGridLimit: (GridLimitSet,),
    RequestSession: (SessionQueued, SessionRefused),
    AcceptOffer: (SessionAssigned,),
    SnoozeOffer: (SessionSnoozed,),
    CancelSession: (SessionEnded,),
}


@dataclass(frozen=True, slots=True)
class Day:
    """What the world measured, what the log holds, and what the server died of."""

    measured: dict[str, Any]
    inputs: list[Record]
    events: list[Record]
    kills: list[Doom]
    proof: dict[str, Any]

    @property
    def ledger(self) -> dict[str, Any]:
        return self.measured["ledger"]

    def told(self, kind: type[Payload]) -> list[Any]:
        return [event.data for event in self.events if isinstance(event.data, kind)]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("kills")
    place = Place.new(folder / "data", START)
    supervisor = Supervisor(place, dooms(request.param, KILLS, COMMITS, MINUTES))
    try:
        measured = _play(supervisor, folder, request.param)
    finally:
        code = supervisor.stop()
    assert code == 0, place.said.read_text()[-3000:]
    inputs, events = asyncio.run(_recorded(place.data))
    return Day(measured, inputs, events, supervisor.kills, prove(place.data, folder / "copy"))


def _play(supervisor: Supervisor, folder: Path, seed: int) -> dict[str, Any]:
    where, operator, out = supervisor.place.addresses, folder / "operator.json", folder / "measured.json"
    operator.write_text(json.dumps(asdict(supervisor.place.operator)))
    command = [sys.executable, "-m", "simulators.scenarios.demo_world", "--server", where.api, "--ocpp", where.ocpp]
    command += ["--chargers", TWO_CONNECTORS]  # the registers of others are not the energy of their sessions
    command += ["--control", where.control, "--credentials", str(operator), "--day", DAY, "--until", str(UNTIL)]
    command += ["--seed", str(seed), "--patience", str(PATIENCE_S), "--progress", "60", "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as world:
        assert world.stdout
        assert world.stderr
        for _ in world.stdout:
            supervisor.minute()
        said = world.stderr.read().decode()
    assert world.returncode == 0, f"{said}\n{supervisor.place.said.read_text()[-3000:]}"
    return json.loads(out.read_text())


async def _recorded(data: Path) -> tuple[list[Record], list[Record]]:
    log = SqliteLog.open(data, read_only=True)
    try:
        inputs = [record for name in topics.PROCESSORS for record in await _all(log, topics.inputs(name))]
        return inputs, await _all(log, topics.EVENTS)
    finally:
        await log.close()


async def _all(log: SqliteLog, topic: str) -> list[Record]:
    partitions = range(log.partitions(topic))
    return [record for partition in partitions async for _, record in records_of(log, topic, partition)]


def test_it_was_killed_ten_times_also_inside_commits(day: Day) -> None:
    assert len(day.kills) == KILLS
    assert {doom.moment for doom in day.kills} == {"before", "during", "after", "outside"}
    assert day.measured["delivered_kwh"] > 50


def test_each_acknowledged_command_has_exactly_one_outcome(day: Day) -> None:
    commands = {record.id: record for record in day.inputs if record.source == "/api"}
    actors = {record.actor for record in commands.values()}
    caused: dict[str, list[Payload]] = {}
    for event in day.events:
        caused.setdefault(event.correlationid, []).append(event.data)
    acknowledged = [entry for entry in day.ledger["commands"] if entry["status"] < 400 and is_decided(entry["path"])]
    assert len(acknowledged) > 60
    for entry in acknowledged:
        ids = {derived_id(actor, f"POST /api/v1{entry['path']}", entry["key"]) for actor in actors}
        (id_,) = ids & commands.keys()
        awaited = (*OUTCOMES[type(commands[id_].data)], InputRejected)
        outcomes = [told for told in caused[id_] if isinstance(told, awaited)]
        assert len(outcomes) == 1, (entry, outcomes)
        assert not isinstance(outcomes[0], InputRejected), entry
        if isinstance(commands[id_].data, RequestSession | SetGridLimit):
            assert entry["id"] == id_


def is_decided(path: str) -> bool:
    """Readings are taken in without a decision each, and keys are drawn in the vault alone."""
    return not path.endswith(("/telemetry", "/integration-keys"))


def test_each_acknowledged_reading_is_there_once(day: Day) -> None:
    readings = Counter(record.id for record in day.inputs if isinstance(record.data, Reading))
    actors = {record.actor for record in day.inputs if isinstance(record.data, Reading)}
    told = [entry for entry in day.ledger["commands"] if entry["path"].endswith("/telemetry")]
    assert len(told) > 30
    for entry in told:
        assert entry["status"] == 202
        found = [readings[derived_id(actor, f"POST /api/v1{entry['path']}", entry["key"])] for actor in actors]
        assert sum(map(bool, found)) == 1, entry


def test_each_acknowledged_start_exists_once_with_the_id_that_was_told(day: Day) -> None:
    started = Counter(
        (charger_of(one.charger_id), one.transaction_id, one.meter_start_wh, one.charger_time_ms)
        for one in day.told(TransactionStarted)
        if one.duplicate_of is None
    )
    known = [start for start in day.ledger["starts"] if start["status"] == "Accepted"]
    assert len(known) > 20
    for start in known:
        key = start["charger"], str(start["transaction"]), start["meter_wh"], parse_ms(start["at"])
        assert started[key] == 1, start


def test_what_was_stopped_has_the_energy_that_the_meters_say(day: Day) -> None:
    stopped = {(charger_of(one.charger_id), one.transaction_id): one for one in day.told(TransactionStopped)}
    started = {(start["charger"], str(start["transaction"])): start for start in day.ledger["starts"]}
    assert len(day.ledger["stops"]) > 20
    for stop in day.ledger["stops"]:
        key = stop["charger"], str(stop["transaction"])
        assert stopped[key].energy_wh == stop["meter_wh"] - started[key]["meter_wh"]


def test_no_acknowledged_meter_value_is_lost(day: Day) -> None:
    ids = {record.id: record.data for record in day.inputs if isinstance(record.data, Metered)}
    stored = Counter(charger_of(one.charger_id) for one in ids.values())
    assert sum(day.ledger["meter_values"].values()) > 1000
    for charger, count in day.ledger["meter_values"].items():
        assert stored[charger] >= count


def test_nothing_has_its_effect_twice(day: Day) -> None:
    assert _repeated(event.id for event in day.events) == []
    assert _repeated((one.charger_id, one.transaction_id) for one in day.told(TransactionStopped)) == []
    first = [one for one in day.told(TransactionStarted) if one.duplicate_of is None]
    assert _repeated((one.charger_id, one.charger_time_ms, one.meter_start_wh) for one in first) == []
    assert _repeated(one.session_id for one in day.told(SessionQueued)) == []
    assert _repeated(one.session_id for one in day.told(SessionEnded)) == []


def test_the_energy_of_the_sessions_is_the_energy_of_their_transactions(day: Day) -> None:
    of_transactions = sum(one.energy_wh for one in day.told(TransactionStopped) if not one.commissioning)
    assert sum(one.energy_wh or 0 for one in day.told(SessionEnded)) == of_transactions > 0


def test_no_wire_carried_too_much(day: Day) -> None:
    assert day.measured["overload_s"] == 0
    assert [node["overload_s"] for node in day.measured["nodes"]] == [0] * len(day.measured["nodes"])


def test_a_fresh_process_decides_the_same(day: Day) -> None:
    assert day.proof["replay_equal"], day.proof["replay_said"]


def _repeated(keys: Any) -> list[Any]:
    return [key for key, count in Counter(keys).items() if count > 1]
