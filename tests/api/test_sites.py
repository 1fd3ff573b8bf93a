"""Sites: registered, listed, capped, and what happens there."""

from domain.records import load, registry
from domain.records import sites as said
from tests.api.world import NOW, NOW_MS, World, charger, impatient, rejecting, silent, site


async def test_a_site_is_registered_in_whole_watts_and_milliamperes_rounded_down(world: World) -> None:
    nodes = [{"id": "main", "parent": None, "kind": "site", "limit_a": [0.0019, 63, 62.5], "limit_kw": 22.1009}]
    answer = await world.post("/sites", site(firm_kw=0.29, priority_reserve_kw=0.0111, nodes=nodes))
    assert (answer.status_code, answer.json()) == (201, {"id": "north"})
    assert answer.headers["location"] == "/api/v1/sites/north"
    [asked] = world.asked(registry.RegisterSite)
    assert (asked.firm_w, asked.priority_reserve_w, asked.location_zone) == (290, 12, "zone-4")
    assert asked.nodes == (
        registry.NodeSpec(id="main", parent=None, kind="site", limit_ma=(1, 63_000, 62_500), limit_w=22_100),
    )
    [record] = world.given
    assert record.stream == "registry:site:north"
    assert record.time == NOW_MS
    assert record.actor == "operator-1"


async def test_a_registered_site_can_be_read_at_once(world: World) -> None:
    await world.site()
    answer = await world.get("/sites/north")
    assert answer.json() == {
        "id": "north",
        "location": "zone-4",
        "max_kw": 69.0,
        "firm_kw": 20.5,
        "priority_reserve_kw": 0.0,
        "walk_ups": True,
        "nodes": [
            {"id": "main", "parent": None, "kind": "site", "limit_a": [100.0, 100.0, 100.0], "limit_kw": 69.0},
            {"id": "panel", "parent": "main", "kind": "panel", "limit_a": [62.5, 63.0, 63.0], "limit_kw": None},
        ],
        "grid_limits": [],
    }
    assert [one["id"] for one in (await world.get("/sites")).json()["sites"]] == ["north"]


async def test_a_taken_id_is_a_conflict_and_a_wrong_value_is_named_as_the_client_knows_it(world: World) -> None:
    world.script[registry.RegisterSite] = rejecting("id", "this id is taken", "registry.register.v1")
    answer = await world.post("/sites", site())
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "this id is taken",
        "instance": "/api/v1/sites",
        "rule": "registry.register.v1",
        "errors": [{"field": "id", "reason": "this id is taken"}],
    }
    world.script[registry.RegisterSite] = rejecting("firm_w", "too high")
    answer = await world.post("/sites", site())
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "firm_kw", "reason": "too high"}]
    world.script[registry.RegisterSite] = rejecting("priority_reserve_w", "too high")
    answer = await world.post("/sites", site(priority_reserve_kw=99))
    assert answer.json()["errors"] == [{"field": "priority_reserve_kw", "reason": "too high"}]


async def test_not_decided_in_time_is_accepted(world: World) -> None:
    world.script[registry.RegisterSite] = silent
    with impatient():
        answer = await world.post("/sites", site())
    assert (answer.status_code, answer.json()) == (202, {"id": "north"})


async def test_a_cap_is_promised_with_the_time_it_holds_from(world: World) -> None:
    await world.site()
    answer = await world.post("/sites/north/grid-limit", {"limit_kw": 30.0009, "reason": "utility"})
    assert answer.status_code == 200
    told = answer.json()
    assert told == {
        "cap_id": told["cap_id"],
        "limit_kw": 30.0,
        "holds_from": "2026-09-21T14:13:21.500Z",
        "guaranteed": True,
        "reason": "the chargers confirm within 1.5 s",
    }
    [asked] = world.asked(load.SetGridLimit)
    assert (asked.limit_w, asked.starts_ms, asked.ends_ms, asked.reason_code) == (30_000, None, None, "utility")
    assert world.given[-1].stream == "load:north"
    [cap] = (await world.get("/sites/north")).json()["grid_limits"]
    assert (cap["cap_id"], cap["starts_at"], cap["ends_at"]) == (told["cap_id"], NOW, None)


async def test_a_cap_s_time_may_have_any_offset_and_free_words_stay_in_the_vault(world: World) -> None:
    await world.site()
    body = {
        "limit_kw": 30,
        "starts_at": "2026-09-21T16:13:20+02:00",
        "ends_at": "2026-09-21T15:13:20.5Z",
        "reason": "Jane said so",
    }
    answer = await world.post("/sites/north/grid-limit", body)
    [asked] = world.asked(load.SetGridLimit)
    assert (asked.starts_ms, asked.ends_ms, asked.reason_code) == (NOW_MS, NOW_MS + 3_600_500, "operator")
    assert await world.vault.notes.find(answer.json()["cap_id"]) == "Jane said so"


async def test_a_cap_that_is_not_decided_in_time_says_so(world: World) -> None:
    await world.site()
    world.script[load.SetGridLimit] = silent
    with impatient():
        answer = await world.post("/sites/north/grid-limit", {"limit_kw": 30})
    assert answer.status_code == 202
    told = answer.json()
    assert (told["guaranteed"], told["holds_from"], told["reason"]) == (None, None, "stored, not decided yet")


async def test_the_queue_shows_everybody_who_waits(world: World) -> None:
    await world.site()
    assert (await world.get("/sites/north/queue")).json() == {"waiting": []}
    asked = await world.session()
    fairness = said.Fairness(score_ppm=500_000, energy_ppm=500_000, waiting_ppm=0, slack_ppm=750_000)
    standing = said.Standing(session_id=asked["id"], tier=2, fairness=fairness, queued_ms=NOW_MS)
    told = said.Expected(**dict(standing), turn_at_ms=NOW_MS + 60_000)
    await world.tell(("sites:north", said.EtaChanged(sessions=(told,), chargers=())))
    assert (await world.get("/sites/north/queue")).json() == {
        "waiting": [
            {
                "session_id": asked["id"],
                "vehicle_id": asked["vehicle_id"],
                "tier": 2,
                "state": "queued",
                "place": 1,
                "charger_id": None,
                "held_until": None,
                "eta": "2026-09-21T14:14:20.000Z",
                "score": 0.5,
                "score_parts": {"energy": 0.5, "waiting": 0.0, "slack": 0.75},
            }
        ]
    }
    fairness = said.Fairness(score_ppm=640_000, energy_ppm=500_000, waiting_ppm=100_000, slack_ppm=900_000)
    facts = (said.Standing(session_id=asked["id"], tier=2, fairness=fairness, queued_ms=NOW_MS),)
    held = said.SessionOffered(
        session_id=asked["id"], charger_id="c1", held_until_ms=NOW_MS, facts=facts, rule="o.v1", reason="first"
    )
    await world.tell(("sites:north", held))
    [waiting] = (await world.get("/sites/north/queue")).json()["waiting"]
    assert (waiting["state"], waiting["place"], waiting["charger_id"]) == ("offered", 0, "c1")
    assert (waiting["held_until"], waiting["score"]) == (NOW, 0.64)
    assert waiting["score_parts"] == {"energy": 0.5, "waiting": 0.1, "slack": 0.9}


async def test_the_chargers_show_whom_they_serve(world: World) -> None:
    await world.site()
    assert (await world.get("/sites/north/chargers")).json() == {"chargers": []}
    await world.charger()
    asked = await world.session()
    limit = load.LimitDesired(
        charger_id="c1", transaction_id="7", limit_ma=16_500, generation=1, valid_until_ms=1, rule="r", reason="fits"
    )
    charging = said.SessionCharging(session_id=asked["id"], charger_id="c1", transaction_id="7", meter_start_wh=0)
    connected = load.ChargerConnected(charger_id="c1", connection_id="k")
    status = load.ChargerStatusChanged(charger_id="c1", evse_id=1, status="charging", error_code="no_error")
    await world.tell(("sites:north", charging), *(("load:north", told) for told in (limit, connected, status)))
    await world.tell(("sites:north", said.EtaChanged(sessions=(), chargers=(("c1", NOW_MS),))))
    assert (await world.get("/sites/north/chargers")).json() == {
        "chargers": [
            {
                "id": "c1",
                "charger_id": "c1",
                "connector_id": 1,
                "site_id": "north",
                "ocpp_id": "c1",
                "max_kw": 14.72,
                "status": "charging",
                "connected": True,
                "obedience": "unproven",
                "session_id": asked["id"],
                "session_state": "charging",
                "move_wanted": False,
                "limit_a": 16.5,
                "free_at": NOW,
            }
        ]
    }


async def test_decisions_are_told_with_rule_and_reason(world: World) -> None:
    await world.site()
    await world.post("/sites/north/grid-limit", {"limit_kw": 30})
    await world.post("/sites/north/grid-limit", {"limit_kw": 29})
    told = (await world.get("/sites/north/decisions", limit=1)).json()["decisions"]
    assert [(one["rule"], one["type"], one["stream"], one["time"]) for one in told] == [
        ("load.cap.v1", "site.grid_limit_set.v1", "load:north", NOW)
    ]
    assert len((await world.get("/sites/north/decisions")).json()["decisions"]) == 2
    refused = await world.get("/sites/north/decisions", limit=0)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "limit")


async def test_a_charger_of_an_unknown_site_or_node_is_refused_before_its_id_is_used_up(world: World) -> None:
    answer = await world.post("/chargers", charger())
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": "site_id", "reason": "there is no such site"}],
    )
    await world.site()
    answer = await world.post("/chargers", charger(node="roof"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "node")
    assert world.asked(registry.RegisterCharger) == []


async def test_a_site_may_refuse_cards_that_nobody_knows(world: World) -> None:
    assert (await world.post("/sites", site(walk_ups=False))).status_code == 201
    assert world.asked(registry.RegisterSite)[0].walk_ups is False
    assert (await world.get("/sites/north")).json()["walk_ups"] is False
    answer = await world.post("/sites", site(id="south", walk_ups="no"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "walk_ups")
