"""`checkpoint`, `replay --from` and `prove` where the log is on Kafka."""

from __future__ import annotations

import asyncio

from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from commands.log import topics
from commands.log.codec import entry
from processors.engine.host import Host
from processors.registry import Registry
from tests.adapters.log.kafka.story import PATIENCE_S
from tests.services.cli.test_maintenance import a_site
from tests.services.cli.test_prove import an_offer, event
from tests.services.server import call


async def test_a_checkpoint_is_taken_while_no_worker_runs_and_can_be_replayed_from(
    settings: KafkaSettings, log: KafkaLog
) -> None:
    environment = {"COMMONWATT_KAFKA_BROKERS": settings.brokers, "COMMONWATT_KAFKA_PREFIX": settings.prefix}

    def told(*arguments: str):
        return asyncio.to_thread(call, *arguments, settings=environment)

    await log.append(topics.inputs("registry"), [entry(a_site())])
    host = Host(Registry(), log)
    await host.restore()
    running = asyncio.create_task(host.run())
    async with asyncio.timeout(PATIENCE_S):
        while not host.caught_up():
            await asyncio.sleep(0.01)
    refused = await told("checkpoint", "--name", "noon")
    assert refused.returncode == 1
    assert "stop the workers of registry first" in refused.stderr
    await host.consumer.close()
    await running
    taken = await told("checkpoint", "--name", "noon")
    assert taken.returncode == 0, taken.stderr
    replayed = await told("replay", "--from", "noon")
    assert replayed.returncode == 0, replayed.stderr
    assert "1 inputs" not in replayed.stdout


async def test_a_decision_is_found_on_any_partition_and_proved(settings: KafkaSettings, log: KafkaLog) -> None:
    environment = {"COMMONWATT_KAFKA_BROKERS": settings.brokers, "COMMONWATT_KAFKA_PREFIX": settings.prefix}
    decided = [event(f"of-{name}", an_offer(), f"sites:{name}") for name in ("garage", "north", "south", "east")]
    await log.append(topics.EVENTS, [entry(one) for one in decided])
    proved = await asyncio.to_thread(call, "prove", "of-east", settings=environment)
    assert proved.returncode == 0, proved.stderr
    assert "of sites:east" in proved.stdout


async def test_settings_that_are_wrong_are_told_by_name() -> None:
    refused = call("replay", settings={"COMMONWATT_KAFKA_BROKERS": "nowhere"})
    assert refused.returncode == 1
    assert "COMMONWATT_KAFKA_BROKERS: " in refused.stderr
