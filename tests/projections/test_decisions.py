"""Given decisions and rejections, then they can be looked up with their rule and reason."""

from domain.records.load import TransactionRefused
from domain.records.sites import SessionOffered, SiteAdded, StartDenied
from domain.records.time import InputRejected
from projections import decisions, rejections
from tests.projections.read_models import ReadModels, event
from tests.projections.test_priority_audit import GRANTED


async def test_the_newest_decisions_of_a_site_come_first(models: ReadModels) -> None:
    denied = StartDenied(charger_id="c1", request_id="r1", rule="admission.v1", reason="held for another car")
    refused = TransactionRefused(charger_id="c1", request_id="r1", rule="load.permit.v1", reason="no room")
    offered = SessionOffered(session_id="s1", charger_id="c1", held_until_ms=1, facts=(), rule="o.v1", reason="first")
    await models.apply("sites:north", denied, SiteAdded(site_id="north", nodes=()), time_ms=1)
    await models.apply("load:north", refused, time_ms=2)
    await models.apply("sites:south", denied, time_ms=3)
    await models.apply("sites:north", offered, time_ms=4)
    rows = await models.database.read(lambda connection: decisions.latest(connection, "north", 10))
    assert [(row["rule"], row["reason"]) for row in rows] == [
        ("o.v1", "first"),
        ("load.permit.v1", "no room"),
        ("admission.v1", "held for another car"),
    ]
    assert (rows[0]["session_id"], rows[0]["charger_id"], rows[0]["type"]) == ("s1", "c1", "session.offered.v1")
    assert rows[0]["causationid"]
    [newest] = await models.database.read(lambda connection: decisions.latest(connection, "north", 1))
    assert newest["rule"] == "o.v1"


async def test_a_decision_about_priority_is_one_of_the_site_s_that_it_is_about(models: ReadModels) -> None:
    await models.apply("vehicles:v1", GRANTED)
    [found] = await models.database.read(lambda connection: decisions.latest(connection, GRANTED.site_id, 10))
    assert (found["stream"], found["session_id"], found["reason"]) == (
        "vehicles:v1",
        GRANTED.session_id,
        GRANTED.reason,
    )


async def test_a_rejection_is_found_by_the_command_that_led_to_it(models: ReadModels) -> None:
    rejected = InputRejected(
        input_id="event-of-vehicles", input_type="session.requested.v1", rule="r.v1", field="site_id", reason="unknown"
    )
    await models.projector.apply([models.stored(event("sites:north", rejected, correlation_id="command-1"))])
    row = await models.database.read(lambda connection: rejections.caused_by(connection, "command-1"))
    assert row is not None
    assert (row["field"], row["reason"], row["rule"]) == ("site_id", "unknown", "r.v1")
    assert await models.database.read(lambda connection: rejections.caused_by(connection, "command-2")) is None


async def test_a_decision_is_found_by_the_id_of_its_event_with_its_position_on_the_log(models: ReadModels) -> None:
    denied = StartDenied(charger_id="c1", request_id="r1", rule="admission.v1", reason="held for another car")
    await models.apply("sites:north", denied, denied)
    for row in await models.database.read(lambda connection: decisions.latest(connection, "north", 10)):
        event_id = row["id"]
        found = await models.database.read(lambda connection, event_id=event_id: decisions.find(connection, event_id))
        assert found == row
    assert await models.database.read(lambda connection: decisions.find(connection, "nowhere")) is None
