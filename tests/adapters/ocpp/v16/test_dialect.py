"""OCPP 1.6 as a dialect of the gateway."""

from __future__ import annotations

import pytest

from adapters.ocpp import Dialect
from adapters.ocpp.frames import Call
from adapters.ocpp.jobs import Answer
from adapters.ocpp.v16.dialect import Ocpp16
from domain.load_control.desired import Desired, DesiredLease
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

DIALECT: Dialect = Ocpp16()


def test_it_is_named_by_the_registered_subprotocol() -> None:
    assert DIALECT.subprotocol == "ocpp1.6"


@pytest.mark.parametrize(
    ("action", "starts"), [("StartTransaction", True), ("StopTransaction", False), ("Authorize", False)]
)
def test_a_transaction_starts_with_start_transaction(action: str, starts: bool) -> None:
    assert DIALECT.starts_transaction(Call("m", action, {})) is starts


def test_the_reconciler_learns_from_the_configuration(station: Station) -> None:
    limits, configuration = DIALECT.job_sources(station.charger)
    due_ms = configuration.wake_ms(NOW_MS)
    assert due_ms is not None
    asked = configuration.next(due_ms)
    assert asked is not None
    answer = {"configurationKey": [{"key": "ChargingScheduleAllowedChargingRateUnit", "value": "Power"}]}
    asked.answered(Answer("accepted", "", answer), due_ms)
    station.state.desire(Desired("CP1", "s1", 3, None, DesiredLease(77, 16_000, 1, due_ms + 90_000)))
    sent = limits.next(due_ms)
    assert sent is not None
    assert sent.payload["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"] == "W"


def test_a_lease_waits_for_the_answer_to_a_start(station: Station) -> None:
    limits, _ = DIALECT.job_sources(station.charger)
    station.state.desire(Desired("CP1", "s1", 3, None, DesiredLease(77, 16_000, 1, NOW_MS + 90_000)))
    station.charger.starting = 1
    assert limits.next(NOW_MS) is None
    station.charger.starting = 0
    assert limits.next(NOW_MS) is not None
