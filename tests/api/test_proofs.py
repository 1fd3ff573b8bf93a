"""The proof of a decision: its rule is called again, for those who may see the event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from api.examples import ANSWERS
from commands.log.codec import canonical, encode
from commands.log.topics import EVENTS
from commands.ports.log import Entry, Stored
from domain.records import Payload, input_record, load
from domain.records import sites as said
from domain.records.upcasters import UPCASTERS
from domain.records.vehicles import Evidence, PriorityDenied
from domain.site import admission, offers
from domain.vehicle import mission
from tests.api.world import NOW, NOW_MS, VIN, World
from tests.domain.test_proof import a_story

SITE = "sites:north"
EVIDENCE = Evidence(
    eligible=True,
    mission_active=False,
    mission_age_ms=42_000,
    location_zone="9qh1u",
    location_age_ms=8_000,
    site_zone="9qh1x",
    level_permille=350,
    level_age_ms=8_000,
)
NOT_ON_A_MISSION = "it is not on a mission, says its enterprise"


def a_denial(reason: str = NOT_ON_A_MISSION, vehicle_id: str = "v1") -> PriorityDenied:
    return PriorityDenied(
        session_id="s1",
        vehicle_id=vehicle_id,
        site_id="north",
        basis="mission",
        evidence=EVIDENCE,
        rule=mission.RULE,
        reason=reason,
    )


def an_offer() -> said.SessionOffered:
    fairness = said.Fairness(score_ppm=1, energy_ppm=0, waiting_ppm=0, slack_ppm=0)
    only = said.Standing(session_id="s1", tier=2, fairness=fairness, queued_ms=NOW_MS)
    return said.SessionOffered(
        session_id="s1", charger_id="c1", held_until_ms=NOW_MS, rule=offers.RULE, reason="first of 1", facts=(only,)
    )


async def recorded(world: World, stream: str, *payloads: Payload) -> str:
    """The id of the last of these events, once they can be read."""
    await world.tell(*((stream, payload) for payload in payloads))
    lines = (await world.get("/events", stream=stream, limit=1000)).text.splitlines()
    return json.loads(lines[-1])["id"]


async def proof(world: World, event_id: str) -> dict[str, Any]:
    answer = await world.get(f"/events/{event_id}/proof")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_decision_is_shown_with_its_rule_its_inputs_and_both_outcomes(world: World) -> None:
    event_id = await recorded(world, "vehicles:v1", a_denial())
    assert await proof(world, event_id) == {
        "event_id": event_id,
        "type": "priority.denied.v1",
        "time": NOW,
        "stream": "vehicles:v1",
        "rule": mission.RULE,
        "reason": NOT_ON_A_MISSION,
        "equal": True,
        "unprovable": None,
        "inputs": {"evidence": EVIDENCE.model_dump()},
        "recorded": NOT_ON_A_MISSION,
        "again": NOT_ON_A_MISSION,
    }


async def test_the_example_is_what_the_rule_says(world: World) -> None:
    event_id = await recorded(world, "vehicles:v1", a_denial())
    example = ANSWERS["DecisionProof"]
    of_the_event = {name: example[name] for name in ("event_id", "time", "stream")}
    assert await proof(world, event_id) | of_the_event == example


async def test_a_forged_decision_is_different(world: World) -> None:
    done = await proof(world, await recorded(world, "vehicles:v1", a_denial("it is not near the site")))
    assert (done["equal"], done["recorded"], done["again"]) == (False, "it is not near the site", NOT_ON_A_MISSION)


async def test_a_schedule_is_proved_with_the_chargers_of_its_site(world: World) -> None:
    decisions, outlets = a_story()
    schedule = next(one for one in decisions if isinstance(one, said.ScheduleChanged) and len(one.claimants) > 1)
    for one in outlets.values():
        described = {"node": one.node, "phases": one.phases, "max_ma": one.max_ma, "min_ma": one.min_ma}
        added = load.ChargerAdded(charger_id=one.id, voltage_mv=one.voltage_mv, **described)
        await world.tell(("load:north", added))
    done = await proof(world, await recorded(world, SITE, schedule))
    assert done["equal"] is True
    assert done["again"] == {target.charger_id: target.target_ma for target in schedule.targets}
    elsewhere = await proof(world, await recorded(world, "sites:south", schedule))
    assert elsewhere["equal"] is None
    assert "the site has no charger" in elsewhere["unprovable"]


async def test_a_rule_that_cannot_be_called_again_is_said_so(world: World) -> None:
    denied = said.StartDenied(charger_id="c1", request_id="r1", rule=admission.RULE, reason="the charger is in use")
    done = await proof(world, await recorded(world, SITE, denied))
    assert (done["equal"], done["inputs"], done["recorded"], done["again"]) == (None, None, None, None)
    assert done["rule"] == admission.RULE
    assert f"the rule {admission.RULE} can't be called again yet" in done["unprovable"]


async def test_a_decision_of_an_old_version_is_proved_as_the_present_version_of_its_type(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(data: dict[str, Any]) -> dict[str, Any]:
        return {"facts" if name == "standings" else name: value for name, value in data.items()}

    monkeypatch.setitem(UPCASTERS, "session.offered.v0", renamed)
    present = orjson.loads(encode(input_record("old", "/test", SITE, NOW_MS, an_offer(), actor="t")))
    data = present["data"] | {"standings": present["data"]["facts"]}
    del data["facts"]
    [position] = await world.log.append(
        EVENTS, [Entry(SITE, canonical({**present, "type": "session.offered.v0", "data": data}))]
    )
    assert await world.projector.passed(position, 5)
    done = await proof(world, "old")
    assert (done["type"], done["equal"], done["again"]) == ("session.offered.v1", True, "s1")


async def test_an_event_that_holds_no_decision_and_an_unknown_id_have_no_proof(world: World) -> None:
    released = await recorded(world, SITE, said.ChargerReleased(charger_id="c1"))
    for event_id in (released, "nowhere"):
        answer = await world.get(f"/events/{event_id}/proof")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["errors"] == [{"field": "event_id", "reason": "there is no decision with this id"}]


async def test_a_decision_is_its_owner_s_to_see_and_the_site_s_are_the_operators(world: World) -> None:
    jane = world.client_of(await world.account("driver-1", "driver"))
    mallory = world.client_of(await world.account("driver-2", "driver"))
    hers = (await jane.post("/vehicles", json={"vin": VIN})).json()["id"]
    denial = await recorded(world, f"vehicles:{hers}", a_denial(vehicle_id=hers))
    offer = await recorded(world, SITE, an_offer())
    assert (await jane.get(f"/events/{denial}/proof")).json()["equal"] is True
    for client, event_id in ((mallory, denial), (mallory, offer), (jane, offer), (jane, "nowhere")):
        answer = await client.get(f"/events/{event_id}/proof")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "event_id")


async def test_an_event_that_is_not_at_its_place_is_not_taken_for_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log was restored from a copy, and the read models are not made again yet."""
    event_id = await recorded(world, SITE, an_offer(), an_offer())

    read = world.log.read

    async def moved(topic: str, partition: int, after: int = 0, limit: int = 1000) -> Sequence[Stored]:
        return await read(topic, partition, after - 1, limit)

    monkeypatch.setattr(world.log, "read", moved)
    answer = await world.get(f"/events/{event_id}/proof")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
