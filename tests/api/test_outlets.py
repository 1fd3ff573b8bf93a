"""An outlet in detail, and what operators do to it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from api.views.charger_events import ENDS, STOPS, told
from commands.alarm_words import OF_OUTLETS, OF_SITES
from domain.records import load, sites
from domain.records.words import StopReason
from projections.charger_events import PROJECTION
from tests.api.world import Told, World, charger, rejecting

KERNEL = Path(__file__).parents[2] / "domain/load_control"
STOPPED = load.TransactionStopped(
    transaction_id="7",
    charger_id="c1",
    vehicle_id=None,
    energy_wh=30,
    meter_stop_wh=1_030,
    reason="closed_by_operator",
    commissioning=False,
    estimated=True,
)


def closed(asked: load.CloseTransaction, given: Any) -> Told:
    return [(given.stream, STOPPED)]


def trusted(asked: load.TrustAgain, given: Any) -> Told:
    reason = "an operator has looked at it"
    return [(given.stream, load.TrustedAgain(charger_id=asked.charger_id, rule="r", reason=reason))]


def ended(asked: sites.EndSession, given: Any) -> Told:
    event = sites.SessionEnded(
        session_id="s1",
        vehicle_id=None,
        charger_id=asked.charger_id,
        state="completed",
        reason="operator",
        energy_wh=1_500,
        waited_ms=0,
    )
    return [(given.stream, event)]


def released(asked: sites.ReleaseOutlet, given: Any) -> Told:
    return [(given.stream, sites.ChargerReleased(charger_id=asked.charger_id))]


LEVERS = {
    "close-transaction": (load.CloseTransaction, closed, "Transaction 7 ended with 0.030 kWh, estimated: an operator"),
    "trust-again": (load.TrustAgain, trusted, "It gets current again and must prove itself anew: an operator has"),
    "end-session": (sites.EndSession, ended, "The session ended with 1.500 kWh: an operator ended it"),
    "release": (sites.ReleaseOutlet, released, "The outlet is free again of the car that had stayed"),
}


@pytest.fixture
async def garage(world: World) -> World:
    await world.site()
    await world.charger()
    for command, answer, _ in LEVERS.values():
        world.script[command] = answer
    return world


async def now(world: World, charger_id: str = "c1") -> dict[str, Any]:
    answer = await world.get(f"/chargers/{charger_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("lever", LEVERS)
async def test_a_lever_has_its_outcome_in_words_and_its_reason_is_found_beside_it(garage: World, lever: str) -> None:
    command, _, words = LEVERS[lever]
    answer = await garage.post(f"/chargers/c1/{lever}", {"reason": "the bay is blocked"})
    assert answer.status_code == 200
    assert answer.json()["charger_id"] == "c1"
    assert answer.json()["outcome"].startswith(words)
    [asked] = garage.asked(command)
    assert "blocked" not in asked.model_dump_json()
    [event] = (await now(garage))["events"]
    assert (event["text"], event["note"]) == (answer.json()["outcome"], "the bay is blocked")


@pytest.mark.parametrize("lever", LEVERS)
async def test_a_lever_needs_a_reason_and_a_charger(garage: World, lever: str) -> None:
    command, _, _ = LEVERS[lever]
    answer = await garage.post(f"/chargers/c1/{lever}", {"reason": ""})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")
    answer = await garage.post(f"/chargers/forged/{lever}", {"reason": "why"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "charger_id")
    assert garage.asked(command) == []


async def test_what_is_meant_is_named_in_the_command(garage: World) -> None:
    await garage.post("/chargers/c1/close-transaction", {"reason": "why", "transaction_id": "7"})
    await garage.post("/chargers/c1/end-session", {"reason": "why", "session_id": "s1"})
    assert garage.asked(load.CloseTransaction) == [load.CloseTransaction(charger_id="c1", transaction_id="7")]
    assert garage.asked(sites.EndSession) == [sites.EndSession(charger_id="c1", session_id="s1")]


async def test_a_rejection_names_the_field(garage: World) -> None:
    garage.script[load.CloseTransaction] = rejecting("transaction_id", "no transaction is open there")
    answer = await garage.post("/chargers/c1/close-transaction", {"reason": "why"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "transaction_id", "reason": "no transaction is open there"}]


async def test_a_command_may_have_a_reason_too(garage: World) -> None:
    body = {"action": "reset", "arguments": {"type": "Soft"}, "expires_s": 60, "reason": "it hangs"}
    await garage.post("/chargers/c1/commands", body)
    [command] = garage.asked(load.RequestCommand)
    [event] = (await now(garage))["events"]
    assert (event["text"], event["note"]) == ("The command reset was sent", "it hangs")
    answered = load.CommandAnswered(charger_id="c1", command_id=command.command_id, status="accepted", detail="")
    await garage.tell(("load:north", answered))
    assert (await now(garage))["events"][0]["text"] == "The command reset was sent; it answered accepted"


async def test_an_outlet_that_misbehaves_is_explained(garage: World) -> None:
    reason = "it reports 1000000 mA, and its outlet is rated 16000 mA on one phase"
    refused = load.ReadingRefused(
        charger_id="c1", evse_id=1, transaction_id="7", quantity="current", value=1_000_000, reason=reason
    )
    voided = load.ObedienceVoided(
        charger_id="c1", reason="it draws more than it accepted", limit_ma=10_000, measured_ma=13_500
    )
    await garage.tell(
        ("load:north", refused),
        ("load:north", load.AlarmRaised(code="impossible_current", charger_id="c1", detail=reason)),
        ("load:north", voided),
        ("load:north", load.ClockLearnt(charger_id="c1", offset_ms=-7_200_000)),
    )
    told = await now(garage)
    assert (told["obedience"], told["void_reason"]) == ("unproven", "it draws more than it accepted")
    assert (told["exceeds"], told["clock_offset_s"]) == ("limit", -7_200)
    [alarm] = told["alarms"]
    assert alarm["title"] == "It reports a current that its outlet can't carry"
    assert alarm["detail"] == "it reports 1000 A, and its outlet is rated 16 A on one phase"
    assert "prove itself anew" in alarm["advice"]
    texts = [event["text"] for event in told["events"]]
    assert texts[0] == "Its clock is 7,200 s ahead"
    assert texts[1] == "Its proof is void: it draws more than it accepted (13.5 A at a limit of 10 A)"
    assert texts[3] == f"It sent a current of 1000 A, and it was not believed: {alarm['detail']}"
    await garage.tell(("load:north", load.AlarmCleared(code="impossible_current", charger_id="c1")))
    assert (await now(garage))["alarms"] == []


async def test_a_charger_with_several_outlets_is_asked_for_one(world: World) -> None:
    await world.site()
    await world.post("/chargers", charger(connectors=[{"id": 1}, {"id": 2}]))
    answer = await world.get("/chargers/c1")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "charger_id", "reason": "must name one of its outlets: c1:1, c1:2"}]
    assert (await now(world, "c1:2"))["connector_id"] == 2
    assert (await world.get("/chargers/forged")).status_code == 404


async def test_drivers_do_not_see_it(garage: World) -> None:
    jane = garage.client_of(await garage.account("driver-1", "driver"))
    assert (await jane.get("/chargers/c1")).status_code == 403
    for lever in LEVERS:
        assert (await jane.post(f"/chargers/c1/{lever}", json={"reason": "why"})).status_code == 403


def test_every_alarm_has_words() -> None:
    assert raised_codes(about_site=False) == OF_OUTLETS.keys()
    assert raised_codes(about_site=True) == OF_SITES.keys()


def raised_codes(*, about_site: bool) -> set[str]:
    """The codes of `context.alarm(code, charger.id, …)` in the kernel, or of `context.alarm(code, None, …)`."""
    codes = set()
    for file in KERNEL.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "alarm":
                code, about, *_ = node.args
                module = importlib.import_module(f"domain.load_control.{file.stem}")
                if isinstance(about, ast.Constant) is about_site:
                    codes.add(ast.literal_eval(code) if isinstance(code, ast.Constant) else getattr(module, code.id))
    return codes


def test_every_end_of_a_session_and_of_a_transaction_has_words() -> None:
    assert set(get_args(sites.EndReason)) == ENDS.keys()
    assert set(get_args(StopReason)) == STOPS.keys()


SAMPLE: dict[str, Any] = {"quantity": "energy", "code": "disobedient", "reason": "fault", "action": "reset"}


@pytest.mark.parametrize("payload", [one for one in PROJECTION.handlers if one is not load.CommandAnswered])
def test_every_event_about_an_outlet_has_words(payload: Any) -> None:
    values = {name: sample(name, field) for name, field in payload.model_fields.items() if field.is_required()}
    assert " " in told(payload(**values))


def sample(name: str, field: Any) -> Any:
    if name in SAMPLE and not (name == "reason" and get_origin(field.annotation) is Literal):
        return SAMPLE[name]
    if name == "state":
        return "completed"
    if name == "arguments":
        return {}
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)[0]
    return {int: 1, bool: True}.get(field.annotation, 1 if "int" in str(field.annotation) else "x")
