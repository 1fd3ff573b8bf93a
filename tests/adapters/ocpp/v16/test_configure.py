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
from domain.load_control.desired import Desired, DesiredLease
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
        self.charger = Station().charger
        self.configurator = Configurator(self.charger, self.learnt.update)

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


class Takes:
    """A charger that takes so many measurands, and only these."""

    def __init__(self, most: int, *measurands: str) -> None:
        self.most = most
        self.measurands = measurands or tuple(METERED.split(","))

    def answer(self, payload: dict[str, Any]) -> Answer:
        asked = payload["value"].split(",")
        if not payload["key"].startswith("MeterValues"):
            return ACCEPTED
        good = len(asked) <= self.most and set(asked) <= set(self.measurands)
        return ACCEPTED if good else Answer("rejected", "Rejected")


@pytest.mark.parametrize(
    ("charger", "metered"),
    [
        (Takes(3), METERED),
        (Takes(2), "Current.Import,Energy.Active.Import.Register"),
        (
            Takes(2, "Power.Active.Import", "Energy.Active.Import.Register"),
            "Power.Active.Import,Energy.Active.Import.Register",
        ),
        (Takes(1), "Current.Import"),
        (Takes(3, "Energy.Active.Import.Register"), "Energy.Active.Import.Register"),
        (Takes(0), None),
    ],
)
def test_a_charger_that_takes_fewer_measurands_is_asked_for_fewer(charger: Takes, metered: str | None) -> None:
    round_ = Round()
    round_.read()
    accepted = {}
    while (job := round_.configurator.next(DUE_MS)) is not None:
        answer = charger.answer(job.payload)
        list(job.answered(answer, DUE_MS))
        if answer == ACCEPTED:
            accepted[job.payload["key"]] = job.payload["value"]
    assert [accepted.get(key) for key in ("MeterValuesSampledData", "MeterValuesAlignedData")] == [metered] * 2


def test_what_it_says_of_itself_shortens_the_search() -> None:
    round_ = Round()
    round_.read(key("MeterValuesSampledDataMaxLength", "1"), key("MeterValuesAlignedData", "Current.Import, X"))
    asked = []
    while (job := round_.configurator.next(DUE_MS)) is not None:
        asked += [job.payload["value"]] if job.payload["key"] == "MeterValuesSampledData" else []
        list(job.answered(Answer("rejected", "Rejected"), DUE_MS))
    assert asked == [METERED, "Current.Import", "Power.Active.Import", "Energy.Active.Import.Register"]


class TestReboot:
    def round_that_needs_it(self) -> Round:
        round_ = Round()
        round_.read()
        assert round_.changes(Answer("accepted", "RebootRequired"))
        return round_

    def test_it_is_reset_when_it_is_idle(self) -> None:
        round_ = self.round_that_needs_it()
        state = round_.charger.state
        assert round_.configurator.next(DUE_MS) is None, "nothing is known of its transactions yet"
        state.desire(Desired("CP1", "s1", 3, None, DesiredLease(7, 6_000, 1, DUE_MS + 60_000)))
        assert round_.configurator.next(DUE_MS) is None
        state.desire(Desired("CP1", "s1", 3, None, None))
        state.transaction_seen(7, 1)
        assert round_.configurator.next(DUE_MS) is None
        state.transaction_ended(7)
        reset = round_.next()
        assert (reset.action, reset.payload) == ("Reset", {"type": "Soft"})
        assert list(reset.answered(ACCEPTED, DUE_MS)) == []

    def test_it_is_reset_once_a_day_at_most(self) -> None:
        round_ = self.round_that_needs_it()
        round_.charger.state.desire(Desired("CP1", "s1", 3, None, None))
        assert round_.next().action == "Reset"
        assert round_.configurator.next(DUE_MS + 86_399_999) is None
        assert round_.configurator.next(DUE_MS + 86_400_000) is not None

    def test_after_its_boot_nothing_is_left_to_do(self) -> None:
        round_ = self.round_that_needs_it()
        round_.charger.rebooted()
        round_.charger.state.desire(Desired("CP1", "s1", 3, None, None))
        assert round_.configurator.next(DUE_MS) is None


async def test_all_that_is_sent_is_valid_ocpp() -> None:
    round_ = Round()
    round_.read()
    while (job := round_.configurator.next(DUE_MS)) is not None:
        await validate_payload(Call("m", job.action, job.payload), "1.6")
