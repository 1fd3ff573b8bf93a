"""Chargers: registered, commissioned, commanded."""

from adapters.identity.chargers import VaultDirectory
from commands.ports.directory import ChargerIdentity
from domain.records import load, registry
from projections import chargers
from tests.api.world import NOW_MS, World, charger, impatient, rejecting, silent


def directory(world: World) -> VaultDirectory:
    async def identity_of(ocpp_id: str) -> ChargerIdentity | None:
        return await world.context.database.read(lambda connection: chargers.identity(connection, ocpp_id))

    return VaultDirectory(world.vault, identity_of)


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
