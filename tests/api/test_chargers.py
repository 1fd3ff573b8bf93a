"""Chargers: registered, commissioned, commanded."""

from adapters.identity.chargers import VaultDirectory
from commands.ports.directory import ChargerIdentity
from domain.records import load, registry
from projections import chargers
from tests.api.world import NOW_MS, World, charger, impatient, rejecting, silent


async def no_change_of(_: str) -> None:
    """Nothing was said of any card."""


def directory(world: World) -> VaultDirectory:
    async def identity_of(ocpp_id: str) -> ChargerIdentity | None:
        return await world.context.database.read(lambda connection: chargers.identity(connection, ocpp_id))

    return VaultDirectory(world.vault, identity_of, no_change_of)


async def test_a_registered_charger_gets_in_with_the_password_of_the_answer(world: World) -> None:
    await world.site()
    answer = await world.post("/chargers", charger(max_a=32.0009, min_a=6.0001, voltage_v=230.0005))
    assert answer.status_code == 201
    told = answer.json()
    assert (told["id"], told["ocpp_id"]) == ("c1", "c1")
    identity = await directory(world).authenticate("c1", told["password"])
    assert identity == ChargerIdentity("c1", "north", (0, 2), 230_001)
    [asked] = world.asked(registry.RegisterCharger)
    assert (asked.max_ma, asked.min_ma, asked.voltage_mv, asked.phases) == (32_000, 6_001, 230_001, (0, 2))
    assert world.given[-1].stream == "registry:charger:c1"


async def test_a_second_registration_leaves_the_first_password_alone(world: World) -> None:
    await world.site()
    first = await world.charger()
    world.script[registry.RegisterCharger] = rejecting("id", "this id is taken")
    answer = await world.post("/chargers", charger())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "id")
    assert await directory(world).authenticate("c1", first["password"])


async def test_not_decided_in_time_a_charger_of_that_name_keeps_its_password(world: World) -> None:
    await world.site()
    world.script[registry.RegisterCharger] = silent
    with impatient():
        answer = await world.post("/chargers", charger())
    assert answer.status_code == 202
    assert len(answer.json()["password"]) == 40
    assert (await world.post("/chargers", charger())).status_code == 409


async def test_commissioning_opens_for_the_minutes_asked(world: World) -> None:
    await world.site()
    await world.charger()
    answer = await world.post("/chargers/c1/commission", {"test_load_a": 10.0001, "minutes": 7.5})
    assert answer.status_code == 202
    assert answer.json() == {"charger_id": "c1", "expires_at": "2026-09-21T14:20:50.000Z"}
    [asked] = world.asked(load.CommissionCharger)
    assert (asked.charger_id, asked.test_load_ma, asked.expires_ms) == ("c1", 10_001, NOW_MS + 450_000)
    assert world.given[-1].stream == "load:north"


async def test_a_command_carries_its_expiry(world: World) -> None:
    await world.site()
    await world.charger()
    body = {"action": "change_configuration", "arguments": {"HeartbeatInterval": "60"}, "expires_s": 30}
    answer = await world.post("/chargers/c1/commands", body)
    assert answer.status_code == 202
    [asked] = world.asked(load.RequestCommand)
    assert answer.json() == {"command_id": asked.command_id}
    assert (asked.action, asked.arguments, asked.expires_ms) == (
        "change_configuration",
        {"HeartbeatInterval": "60"},
        NOW_MS + 30_000,
    )


async def test_the_token_of_a_remote_start_is_in_the_vault_and_never_on_the_log(world: World) -> None:
    await world.site()
    await world.charger()
    body = {"action": "remote_start", "arguments": {"id_tag": "Card0815", "connector_id": "1"}, "expires_s": 30}
    assert (await world.post("/chargers/c1/commands", body)).status_code == 202
    [asked] = world.asked(load.RequestCommand)
    token_ref = world.vault.cards.ref("CARD0815")
    assert asked.arguments == {"connector_id": "1", "token_ref": token_ref}
    assert await world.vault.cards.text(token_ref) == "Card0815"


async def test_a_rejected_commissioning_names_the_field_as_the_client_knows_it(world: World) -> None:
    await world.site()
    await world.charger()
    world.script[load.CommissionCharger] = rejecting("test_load_ma", "the site has no room for it")
    answer = await world.post("/chargers/c1/commission", {"test_load_a": 10, "minutes": 5})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "test_load_a", "reason": "the site has no room for it"}]


async def test_an_unknown_charger_is_not_found(world: World) -> None:
    for path, body in (
        ("commission", {"test_load_a": 10, "minutes": 5}),
        ("commands", {"action": "reset", "arguments": {}, "expires_s": 30}),
    ):
        answer = await world.post(f"/chargers/forged/{path}", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "charger_id")
    assert world.given == []


async def test_a_charger_with_two_connectors_has_two_outlets_and_an_identity_of_its_own(world: World) -> None:
    await world.site()
    connectors = [{"id": 1}, {"id": 2, "max_a": 16, "phases": ["L1"]}]
    answer = await world.post("/chargers", charger(id="d", ocpp_id="SN-0042", connectors=connectors))
    assert answer.status_code == 201
    told = answer.json()
    assert (told["id"], told["ocpp_id"], told["outlets"]) == ("d", "SN-0042", ["d:1", "d:2"])
    identity = await directory(world).authenticate("SN-0042", told["password"])
    assert identity is not None
    assert (identity.charger_id, identity.connectors) == ("d", {1: (0, 2), 2: (0,)})
    assert await directory(world).authenticate("d", told["password"]) is None
    listed = (await world.get("/sites/north/chargers")).json()["chargers"]
    assert [(one["id"], one["charger_id"], one["connector_id"]) for one in listed] == [("d:1", "d", 1), ("d:2", "d", 2)]
    assert listed[0]["max_kw"] > listed[1]["max_kw"]


async def test_a_charger_with_one_connector_in_the_list_is_its_own_outlet(world: World) -> None:
    await world.site()
    answer = await world.post("/chargers", charger(max_a=32, connectors=[{"id": 1, "max_a": 16}]))
    assert answer.json()["outlets"] == ["c1"]
    [asked] = world.asked(registry.RegisterCharger)
    assert (asked.max_ma, asked.connectors) == (16_000, ())


async def test_an_identity_belongs_to_one_charger(world: World) -> None:
    await world.site()
    first = await world.charger()
    answer = await world.post("/chargers", charger(id="other", ocpp_id="c1"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "ocpp_id")
    assert await directory(world).authenticate("c1", first["password"])


async def test_an_outlet_is_commanded_by_its_own_id(world: World) -> None:
    await world.site()
    await world.post("/chargers", charger(id="d", connectors=[{"id": 1}, {"id": 2}]))
    command = {"action": "unlock", "arguments": {}, "expires_s": 10}
    assert (await world.post("/chargers/d:2/commands", command)).status_code == 202
    assert world.asked(load.RequestCommand)[-1].charger_id == "d:2"
    assert (await world.post("/chargers/d:3/commands", command)).status_code == 404
