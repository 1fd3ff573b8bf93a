"""Sessions: asked for, accepted, snoozed, cancelled."""

import pytest

from domain.records import Record, load, vehicles
from domain.records import sites as said
from tests.api.world import NOW, NOW_MS, VIN, Told, World, impatient, rejecting, session, silent


@pytest.fixture(autouse=True)
async def north(world: World) -> None:
    await world.site()


def offered(session_id: str) -> said.SessionOffered:
    return said.SessionOffered(
        session_id=session_id, charger_id="c1", held_until_ms=NOW_MS, facts=(), rule="o.v1", reason="first"
    )


async def test_a_request_is_answered_with_the_place_in_the_queue(world: World) -> None:
    vehicle_id = await world.vehicle()
    answer = await world.post("/sessions/request", session(vehicle_id=vehicle_id))
    assert answer.status_code == 202
    told = answer.json()
    assert told == {
        "id": told["id"],
        "vehicle_id": vehicle_id,
        "site_id": "north",
        "state": "queued",
        "reason": None,
        "charger_id": None,
        "held_until": None,
        "place": 1,
        "eta": None,
        "energy_kwh": None,
        "estimated": False,
        "vehicle_vin": VIN,
        "requested_soc": 80.0,
        "assigned_start": None,
        "assigned_end": None,
        "priority_tier": 2,
        "score": None,
        "score_parts": {"energy": None, "waiting": None, "slack": None},
        "move_wanted": False,
    }
    assert answer.headers["location"] == f"/api/v1/sessions/{told['id']}"
    assert (await world.get(f"/sessions/{told['id']}")).json() == told
    [asked] = world.asked(vehicles.RequestSession)
    assert (asked.session_id, asked.vehicle_id) == (told["id"], vehicle_id)
    assert (asked.target_permille, asked.level_permille, asked.depart_ms) == (800, 206, NOW_MS + 5_400_000)
    assert asked.site_zone == "zone-4"
    assert world.given[-1].stream == f"vehicles:{vehicle_id}"


async def test_the_vehicle_may_be_named_by_its_vin(world: World) -> None:
    vehicle_id = await world.vehicle()
    answer = await world.post("/sessions/request", session(vehicle_id=VIN.lower()))
    assert answer.json()["vehicle_id"] == vehicle_id


@pytest.mark.parametrize("given", [VIN, "01900000-0000-7000-8000-000000000000", "'; drop table vehicles"])
async def test_an_unknown_vehicle_is_named_as_the_field_and_not_repeated(world: World, given: str) -> None:
    answer = await world.post("/sessions/request", session(vehicle_id=given))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "vehicle_id", "reason": "there is no such vehicle"}]
    assert given not in answer.text


async def test_an_unknown_site_is_refused_before_the_vehicle_is_bound_by_it(world: World) -> None:
    answer = await world.post("/sessions/request", session(vehicle_id=await world.vehicle(), site_id="west"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "site_id")
    assert world.asked(vehicles.RequestSession) == []


async def test_a_refused_request_says_why(world: World) -> None:
    def refuse(asked: vehicles.RequestSession, _: object) -> list[tuple[str, said.SessionRefused]]:
        refused = said.SessionRefused(session_id=asked.session_id, vehicle_id=asked.vehicle_id, reason="no chargers")
        return [("sites:north", refused)]

    world.script[vehicles.RequestSession] = refuse
    answer = await world.post("/sessions/request", session(vehicle_id=await world.vehicle()))
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["reason"]) == ("refused", "no chargers")


async def test_a_rejected_request_is_a_problem_and_its_session_says_so(world: World) -> None:
    world.script[vehicles.RequestSession] = rejecting(
        "vehicle_id", "this vehicle has a session open", "vehicles.one.v1"
    )
    vehicle_id = await world.vehicle()
    answer = await world.post("/sessions/request", session(vehicle_id=vehicle_id))
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["rule"], problem["errors"][0]["field"]) == ("vehicles.one.v1", "vehicle_id")
    world.script[vehicles.RequestSession] = rejecting("target_soc", "the car is at its target already")
    answer = await world.post("/sessions/request", session(vehicle_id=vehicle_id), Prefer="wait=1, respond-async")
    assert (answer.status_code, answer.json()["state"]) == (202, "requested")
    told = (await world.get(f"/sessions/{answer.json()['id']}")).json()
    assert (told["state"], told["reason"]) == ("rejected", "the car is at its target already")


async def test_who_prefers_not_to_wait_is_answered_at_once(world: World) -> None:
    world.script[vehicles.RequestSession] = silent
    vehicle_id = await world.vehicle()
    answer = await world.post("/sessions/request", session(vehicle_id=vehicle_id), Prefer="respond-async")
    assert answer.status_code == 202
    told = answer.json()
    assert (told["state"], told["vehicle_id"], told["site_id"], told["place"]) == (
        "requested",
        vehicle_id,
        "north",
        None,
    )


async def test_not_decided_in_time_it_is_requested(world: World) -> None:
    world.script[vehicles.RequestSession] = silent
    vehicle_id = await world.vehicle()
    with impatient():
        answer = await world.post("/sessions/request", session(vehicle_id=vehicle_id))
    assert (answer.status_code, answer.json()["state"]) == (202, "requested")


async def test_one_that_is_not_decided_yet_is_not_called_missing(world: World) -> None:
    vehicle_id = await world.vehicle()
    world.deciding.clear()
    with impatient():
        asked = (await world.post("/sessions/request", session(vehicle_id=vehicle_id))).json()["id"]
        answers = await world.get(f"/sessions/{asked}"), await world.post(f"/sessions/{asked}/cancel")
    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert "not decided yet" in answer.json()["detail"]
    world.deciding.set()
    assert (await world.get_once_decided(f"/sessions/{asked}")).json()["state"] == "queued"


async def test_an_offer_is_accepted(world: World) -> None:
    asked = await world.session()
    await world.tell(("sites:north", offered(asked["id"])))
    answer = await world.post(f"/sessions/{asked['id']}/accept")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["charger_id"], told["held_until"], told["place"]) == ("assigned", "c1", NOW, 0)
    assert world.given[-1].stream == f"vehicles:{asked['vehicle_id']}"
    assert world.asked(vehicles.AcceptOffer) == [vehicles.AcceptOffer(session_id=asked["id"])]


async def test_an_offer_is_snoozed(world: World) -> None:
    asked = await world.session()
    await world.tell(("sites:north", offered(asked["id"])))
    told = (await world.post(f"/sessions/{asked['id']}/snooze")).json()
    assert (told["state"], told["charger_id"], told["place"]) == ("queued", None, 1)


async def test_a_session_is_cancelled(world: World) -> None:
    asked = await world.session()
    answer = await world.post(f"/sessions/{asked['id']}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["energy_kwh"]) == ("cancelled", 0.0)


@pytest.mark.parametrize("action", ["accept", "snooze", "cancel"])
async def test_what_the_state_does_not_allow_is_a_conflict(world: World, action: str) -> None:
    asked = await world.session()
    world.script |= dict.fromkeys(
        (vehicles.AcceptOffer, vehicles.SnoozeOffer, vehicles.CancelSession),
        rejecting("session_id", "a session that is queued can't do that", "session.life.v1"),
    )
    answer = await world.post(f"/sessions/{asked['id']}/{action}")
    assert (answer.status_code, answer.json()["rule"]) == (409, "session.life.v1")
    unknown = await world.post(f"/sessions/forged/{action}")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (404, "session_id")


async def test_a_decision_that_takes_its_time_is_accepted(world: World) -> None:
    asked = await world.session()
    world.script[vehicles.CancelSession] = silent
    with impatient():
        answer = await world.post(f"/sessions/{asked['id']}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


async def test_a_walk_up_ends_at_its_charger(world: World) -> None:
    await world.walk_up("w1")
    answer = await world.post("/sessions/w1/cancel")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "session_id")


async def test_only_a_rejected_request_for_a_session_is_told_as_one(world: World) -> None:
    """The id of any other rejected command names no session."""
    world.script[load.SetGridLimit] = rejecting("limit_w", "no")
    await world.post("/sites/north/grid-limit", {"limit_kw": 1})
    command = next(record for record in world.given if isinstance(record.data, load.SetGridLimit))
    assert (await world.get(f"/sessions/{command.id}")).status_code == 404


async def test_a_vehicle_that_may_have_priority_is_told_its_tier_with_its_place(world: World) -> None:
    await world.post("/enterprises", {"id": "ems", "name": "E", "type": "emergency", "domain": "e.example"})
    await world.post("/vehicles", {"vin": VIN, "enterprise_id": "ems", "priority_eligible": True})
    queued = world.script[vehicles.RequestSession]

    def granted(asked: vehicles.RequestSession, given: Record) -> Told:
        changed = said.SessionTierChanged(session_id=asked.session_id, tier=0, until_ms=NOW_MS + 1)
        return [*queued(asked, given), (f"sites:{asked.site_id}", changed)]

    world.script[vehicles.RequestSession] = granted
    answer = await world.post("/sessions/request", session())
    assert (answer.status_code, answer.json()["priority_tier"]) == (202, 0)


async def test_the_signed_values_of_a_session_are_given_as_the_charger_sent_them(world: World) -> None:
    text = 'OCMF|{ "RV":1.50,"x":"é"}|{"SD":"3045"}'
    await world.charger()
    asked = await world.session()
    assert (await world.get(f"/sessions/{asked['id']}/signed-values")).json() == {"signed_values": []}
    serves = said.SessionCharging(session_id=asked["id"], charger_id="c1", transaction_id="7", meter_start_wh=0)
    signed = load.ValueSigned(transaction_id="7", charger_id="c1", moment="end", text=text, charger_time_ms=NOW_MS)
    await world.tell(("sites:north", serves), ("load:north", signed))
    [value] = (await world.get(f"/sessions/{asked['id']}/signed-values")).json()["signed_values"]
    assert (value["charger_id"], value["transaction_id"], value["moment"]) == ("c1", "7", "end")
    assert (value["text"], value["measured_at"]) == (text, NOW)
    assert (await world.get("/sessions/unknown/signed-values")).status_code == 404
