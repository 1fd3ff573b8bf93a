"""Configuration: what a charger is asked, what is set, and what is recorded of its answers."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.messages import Call, validate_payload
from structlog.testing import capture_logs

from adapters.ocpp import Settings
from adapters.ocpp.jitter import heartbeat_interval_s, share
from adapters.ocpp.jobs import Answer, Job
from adapters.ocpp.v16.configure import METERED, WANTED, Configurator, configuration_of
from domain.records.observations import Configuration
from tests.adapters.ocpp.v16.charger import Station
from tests.adapters.ocpp.world import NOW_MS

SETTINGS = Settings()
DUE_MS = NOW_MS + SETTINGS.configure_after_ms + share("CP1", SETTINGS.configure_spread_ms)
ACCEPTED = Answer("accepted", "Accepted")


class Round:
    """The configuration of CP1, and what was learnt of it."""

    def __init__(self) -> None:
        self.learnt: dict[str, str] = {}
        self.configurator = Configurator(Station().charger, self.learnt.update)

    def next(self) -> Job:
        job = self.configurator.next(DUE_MS)
        assert job is not None
        return job

    def read(self, *keys: Any) -> list[Any]:
        """Let the charger answer the GetConfiguration; returns the observations of that."""
        asked = self.next()
        assert (asked.action, asked.payload) == ("GetConfiguration", {})
        return list(asked.answered(Answer("accepted", "", {"configurationKey": list(keys)}), DUE_MS))

    def changes(self, answer: Answer = ACCEPTED) -> dict[str, str]:
        """What is set from then on, in order."""
        changed = {}
        while (job := self.configurator.next(DUE_MS)) is not None:
            assert job.action == "ChangeConfiguration"
            changed[job.payload["key"]] = job.payload["value"]
            assert list(job.answered(answer, DUE_MS)) == []
        return changed


def key(name: str, value: str, readonly: bool = False) -> dict[str, Any]:
    return {"key": name, "value": value, "readonly": readonly}


def test_it_begins_a_while_after_the_connect() -> None:
    round_ = Round()
    assert round_.configurator.wake_ms(NOW_MS) == DUE_MS
    assert round_.configurator.next(DUE_MS - 1) is None
    round_.next()


def test_all_that_differs_is_set_and_nothing_else() -> None:
    round_ = Round()
    round_.read(
        key("MeterValueSampleInterval", "30"),
        key("ClockAlignedDataInterval", "60"),
        key("LocalPreAuthorize", "true", readonly=True),
    )
    changed = round_.changes()
    assert changed.keys() == WANTED.keys() - {"MeterValueSampleInterval", "LocalPreAuthorize"} | {"HeartbeatInterval"}
    assert changed["ClockAlignedDataInterval"] == "900"
    assert changed["MeterValuesSampledData"] == METERED
    assert changed["HeartbeatInterval"] == str(heartbeat_interval_s("CP1", SETTINGS))
    assert round_.configurator.wake_ms(DUE_MS) is None


@pytest.mark.parametrize(
    "answer", [Answer("rejected", "NotImplemented"), Answer("accepted", "", {"configurationKey": 5})]
)
def test_a_charger_that_reports_nothing_is_configured_all_the_same(answer: Answer) -> None:
    round_ = Round()
    assert list(round_.next().answered(answer, DUE_MS)) == []
    assert round_.changes().keys() == WANTED.keys() | {"HeartbeatInterval"}


def test_a_charger_that_refuses_is_left_as_it_is() -> None:
    round_ = Round()
    round_.read()
    with capture_logs() as lines:
        refused = round_.changes(Answer("not_supported", "NotSupported"))
    assert [line["key"] for line in lines if line["event"] == "configuration kept"] == list(refused)


def test_what_it_reports_is_recorded_sorted_and_learnt_from() -> None:
    round_ = Round()
    unit = "ChargingScheduleAllowedChargingRateUnit"
    assert round_.read(key(unit, "Power", readonly=True), "nonsense", {"key": "A"}) == [
        Configuration(charger_id="CP1", items=(("A", ""), (unit, "Power")))
    ]
    assert round_.learnt == {unit: "Power", "A": ""}


@pytest.mark.parametrize(
    "name",
    ["AuthorizationKey", "wifiPassword", "Passphrase", "adminPasswd", "ClientSecret", "apiToken", "PSK", "Credentials"],
)
def test_a_secret_is_hidden(name: str) -> None:
    assert configuration_of(Answer("accepted", "", {"configurationKey": [key(name, "hush")]})) == {name: "(hidden)"}


def test_long_keys_and_values_are_cut() -> None:
    answer = Answer("accepted", "", {"configurationKey": [key("k" * 60, "v" * 600)]})
    assert configuration_of(answer) == {"k" * 50: "v" * 500}


async def test_all_that_is_sent_is_valid_ocpp() -> None:
    round_ = Round()
    round_.read()
    while (job := round_.configurator.next(DUE_MS)) is not None:
        await validate_payload(Call("m", job.action, job.payload), "1.6")
