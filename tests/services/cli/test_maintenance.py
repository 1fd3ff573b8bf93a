"""`checkpoint`, `replay --from` and `unpark` on a log that no server holds."""

from __future__ import annotations

import asyncio

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.codec import entry
from domain.records import input_record
from domain.records.registry import RegisterSite
from processors.engine.build import this_build
from processors.engine.host import Host
from processors.engine.outputs import parked_outputs
from processors.engine.stream import fresh, park
from processors.registry import Registry
from tests.services.server import call


def a_site(site_id: str = "s1"):
    described = RegisterSite(site_id=site_id, location_zone="z", firm_w=0, nodes=())
    return input_record(f"i-{site_id}", "/test", f"registry:site:{site_id}", 1000, described, actor="op")


def prepared(folder, *outputs, build=None):
    """A log with these entries, handled by the registry (of this build)."""

    async def prepare():
        log = SqliteLog.open(folder)
        await log.append_all(list(outputs))
        host = Host(Registry(), log, build)
        await host.restore()
        running = asyncio.create_task(host.run())
        while not host.caught_up():
            await asyncio.sleep(0)
        await host.consumer.close()
        await running
        await log.close()

    asyncio.run(prepare())


def test_a_checkpoint_can_be_replayed_from(tmp_path):
    prepared(tmp_path, (topics.inputs("registry"), entry(a_site())))
    taken = call("checkpoint", "--data", str(tmp_path), "--name", "noon")
    assert taken.returncode == 0, taken.stderr
    replayed = call("replay", "--data", str(tmp_path), "--from", "noon")
    assert replayed.returncode == 0, replayed.stderr
    assert "1 inputs" not in replayed.stdout
    unknown = call("replay", "--data", str(tmp_path), "--from", "midnight")
    assert unknown.returncode == 1
    assert "noon" in unknown.stderr


def test_unpark_puts_back_what_was_set_aside(tmp_path):
    given = a_site()
    parked = park("registry", fresh(Registry(), given.stream), given, ZeroDivisionError(), this_build())
    prepared(tmp_path, *parked_outputs("registry", given, parked))
    done = call("unpark", "registry:site:s1", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "1 inputs" in done.stdout
    again = call("unpark", "registry:site:s1", "--data", str(tmp_path))
    assert again.returncode == 1
    assert "not parked" in again.stderr


def test_a_folder_without_a_log_is_said_so(tmp_path):
    for command in (["checkpoint"], ["unpark", "sites:x"], ["replay"]):
        refused = call(*command, "--data", str(tmp_path))
        assert refused.returncode == 1
        assert "there is no log" in refused.stderr
