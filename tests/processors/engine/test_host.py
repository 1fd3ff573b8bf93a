"""The host on a real log: nothing lost or doubled over restarts, poison set aside, checkpoints, and replay."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from adapters.log.sqlite.log import SqliteLog
from commands.log import topics
from commands.log.codec import decode, encode, entry
from commands.ports.log import Entry
from domain.records import input_record
from domain.records.time import StreamParked, StreamUnparked
from domain.records.upcasters import UPCASTERS
from processors.engine import checkpoint, history
from processors.engine.host import Host
from processors.engine.replay import OtherBuild, replay
from processors.engine.stream import refold, step
from tests.processors import counting
from tests.processors.counting import Counting, command

INPUTS = topics.inputs("load")


@asynccontextmanager
async def opened(folder, **options):
    log = SqliteLog.open(folder, **options)
    try:
        yield log
    finally:
        await log.close()


@asynccontextmanager
async def hosted(log, processor=None, build="b1"):
    """A host that has handled everything when the block is left."""
    host = Host(processor or Counting(), log, build)
    await host.restore()
    running = asyncio.create_task(host.run())
    try:
        yield host
        while not host.caught_up():
            await asyncio.sleep(0)
        async with host.busy:
            pass
    finally:
        await host.consumer.close()
        await running


async def events(log):
    return [
        record
        for partition in range(log.partitions(topics.EVENTS))
        async for _, record in history.records_of(log, topics.EVENTS, partition)
    ]


async def append(log, *records, topic=INPUTS):
    await log.append(topic, [entry(record) for record in records])


async def test_inputs_lead_to_events_and_a_restart_goes_on_where_it_was(tmp_path):
    async with opened(tmp_path) as log:
        await append(log, command("a", "i1"), command("b", "i2"))
        async with hosted(log):
            pass
    async with opened(tmp_path) as log:
        await append(log, command("b", "i2"), command("c", "i3"))
        async with hosted(log):
            pass
        assert [event.data.session_id for event in await events(log)] == ["a", "b", "c"]
        assert [event.data.site_id for event in await events(log)] == ["at 0", "at 1", "at 2"]


async def test_the_events_of_each_stream_are_numbered_over_restarts_and_when_states_are_lost(tmp_path, monkeypatch):
    for start in range(3):
        async with opened(tmp_path) as log:
            for index in range(5):
                await append(log, command("s", f"{start}-{index}", stream=f"load:{index % 2}"))
            monkeypatch.setattr("processors.engine.host.load_state", lambda *_: None)
            async with hosted(log):
                pass
            for stream in ("load:0", "load:1"):
                numbers = [event.sequence for event in await events(log) if event.stream == stream]
                assert numbers == list(range(1, len(numbers) + 1))
                assert numbers


async def test_events_that_have_no_number_count(tmp_path):
    async with opened(tmp_path) as log:
        await append(log, command("a", "i1"), command("b", "i2"))
        async with hosted(log):
            pass
        unnumbered = [event._replace(sequence=0) for event in await events(log)]
    assert all(b"sequence" not in encode(event) for event in unnumbered)
    state = refold(Counting(), "load:x", unnumbered, {}, parked=False)
    [event] = step(Counting(), state, command("c", "i3"), "b1").events
    assert event.sequence == 3
    assert decode(encode(event)) == event


async def test_poison_stops_its_stream_alone_and_unparking_loses_nothing(tmp_path):
    processor = Counting()
    async with opened(tmp_path) as log:
        await append(log, command("broken", "i1"), command("later", "i2"), command("other", "i3", stream="load:y"))
        async with hosted(log, processor):
            pass
        said = await events(log)
        assert [event.data.session_id for event in said if event.type == "session.cancel_requested.v1"] == ["other"]
        (alarm,) = [event for event in said if event.type == StreamParked.type_name]
        assert alarm.data == StreamParked(
            input_id="i1", input_type="vehicles.cancel_session.v1", error="ZeroDivisionError"
        )
        waiting = await history.parked_inputs(log, "load")
        assert [record.id for record in waiting["load:x"]] == ["i1", "i2"]

        processor.mended = True
        unpark = input_record("u", "/operator", "load:x", 2000, StreamUnparked(), actor="op")
        await append(log, unpark, *waiting["load:x"])
        async with hosted(log, processor):
            pass
        told = [event for event in await events(log) if event.stream == "load:x" and event.data != alarm.data]
        assert [event.data.session_id for event in told] == ["broken", "later"]
        numbers = [event.sequence for event in await events(log) if event.stream == "load:x"]
        assert numbers == list(range(1, len(numbers) + 1))


async def consumed(log):
    return await log.consumed("load")


async def a_history(tmp_path, build="b1"):
    async with opened(tmp_path) as log:
        await append(
            log, *[command(f"s{i}", f"i{i}", 1000 + i, f"load:{i % 3}") for i in range(30)], command("no", "n")
        )
        async with hosted(log, build=build) as host:
            while not host.caught_up():
                await asyncio.sleep(0)
            await host.checkpoint("half-way")
            await append(log, *[command(f"t{i}", f"j{i}", 2000 + i, f"load:{i % 3}") for i in range(30)])


async def test_replay_gives_the_same_events(tmp_path):
    await a_history(tmp_path)
    async with opened(tmp_path, read_only=True) as log:
        done = await replay(log, Counting(), "b1", await consumed(log))
    assert (done.inputs, done.events, done.difference) == (61, 61, None)


async def test_one_changed_byte_of_one_event_is_found(tmp_path):
    await a_history(tmp_path)
    async with opened(tmp_path) as log:
        changed = encode((await events(log))[7]).replace(b'"site_id":"at', b'"site_id":"At')
        forged = decode(changed)
    difference = (await _replay_with(tmp_path, forged)).difference
    assert difference is not None
    assert difference.stream == forged.stream
    assert difference.recorded == changed


async def _replay_with(tmp_path, forged):
    """Replay against recorded events of which one was exchanged for `forged`, in a copy of the log."""
    copy = tmp_path / "copy"
    async with opened(tmp_path, read_only=True) as log, opened(copy) as forged_log:
        recorded = await events(log)
        told = [forged if event.id == forged.id else event for event in recorded]
        await append(forged_log, *told, topic=topics.EVENTS)
        for partition in range(log.partitions(INPUTS)):
            async for _, record in history.records_of(log, INPUTS, partition):
                await append(forged_log, record)
        everything = await forged_log.ends(INPUTS)
        return await replay(forged_log, Counting(), "b1", everything)


async def test_one_changed_constant_of_one_rule_is_found(tmp_path, monkeypatch):
    await a_history(tmp_path)
    monkeypatch.setattr(counting, "WORTH", 2)
    async with opened(tmp_path, read_only=True) as log:
        done = await replay(log, Counting(), "b1", await consumed(log))
    assert done.difference is not None
    assert done.difference.index == 1


async def test_replay_refuses_another_build_and_names_the_one_it_needs(tmp_path):
    await a_history(tmp_path)
    async with opened(tmp_path, read_only=True) as log:
        with pytest.raises(OtherBuild, match="b1"):
            await replay(log, Counting(), "b2", await consumed(log))


async def test_replay_goes_on_from_a_checkpoint_when_the_inputs_before_it_are_gone(tmp_path):
    await a_history(tmp_path)
    async with opened(tmp_path) as log:
        closings = [one for one in await checkpoint.read_all(log, "load") if one.name == "half-way"]
        point = await checkpoint.load(log, closings)
        await log.trim(INPUTS, {partition: offset + 1 for partition, offset in point.inputs.items()})
        done = await replay(log, Counting(), "b1", await consumed(log), point)
        assert (done.inputs, done.events, done.difference) == (30, 30, None)
        without = await replay(log, Counting(), "b1", await consumed(log))
        assert without.difference is not None


async def test_a_new_build_begins_with_a_checkpoint(tmp_path):
    await a_history(tmp_path, build="b1")
    async with opened(tmp_path) as log:
        await append(log, command("new", "k1", 3000))
        async with hosted(log, build="b2"):
            pass
        points = {one.name: one for one in await checkpoint.read_all(log, "load")}
        assert {"build-b1", "half-way", "build-b2"} <= set(points)
        point = await checkpoint.load(log, [points["build-b2"]])
        done = await replay(log, Counting(), "b2", await consumed(log), point)
        assert (done.events, done.difference) == (1, None)


async def test_an_earlier_build_is_replayed_up_to_where_the_later_one_begins(tmp_path):
    await a_history(tmp_path, build="b1")
    async with opened(tmp_path) as log:
        await append(log, command("new", "k1", 3000))
        async with hosted(log, build="b2"):
            pass
        everything = await consumed(log)
        with pytest.raises(OtherBuild, match="by build b2; this is build b1"):
            await replay(log, Counting(), "b1", everything)
        end = await checkpoint.load(log, [one for one in await checkpoint.read_all(log, "load") if one.build == "b2"])
        done = await replay(log, Counting(), "b1", everything, end=end)
        assert (done.inputs, done.difference) == (61, None)


@asynccontextmanager
async def a_history_of_old_versions(tmp_path, monkeypatch):
    """A log whose records say `place` where present ones say `site_id`: as `.v0`, and read through upcasters."""

    def renamed(data):
        return {("site_id" if name == "place" else name): value for name, value in data.items()}

    await a_history(tmp_path / "present")
    monkeypatch.setitem(UPCASTERS, "session.cancel_requested.v0", renamed)
    monkeypatch.setitem(UPCASTERS, "vehicles.cancel_session.v0", dict)
    async with opened(tmp_path / "present", read_only=True) as present, opened(tmp_path / "old") as old:
        for topic in (INPUTS, topics.EVENTS):
            for partition in range(present.partitions(topic)):
                async for stored in history.stored_of(present, topic, partition):
                    body = stored.body.replace(b'"site_id"', b'"place"').replace(
                        b"cancel_session.v1", b"cancel_session.v0"
                    )
                    body = body.replace(b"cancel_requested.v1", b"cancel_requested.v0")
                    await old.append(topic, [Entry(stored.key, body)])
        yield old


async def test_old_events_are_folded_in_their_present_version(tmp_path, monkeypatch):
    async with a_history_of_old_versions(tmp_path, monkeypatch) as log:
        told = (await history.events_of(log, frozenset({"load:1"})))["load:1"]
        cancelled = [event.data for event in told if event.type == "session.cancel_requested.v1"]
        assert len(cancelled) == 20
        assert cancelled[-1].site_id == "at 19"
        state = refold(Counting(), "load:1", told, {}, parked=False)
        assert state.state.seen == len(told)
        done = step(Counting(), state, command("next", "n1", 9000, "load:1"), "b2")
        assert done.events[0].data.site_id == f"at {len(told)}"


async def test_inputs_of_old_versions_decide_what_they_decided_and_replay_compares_bytes(tmp_path, monkeypatch):
    async with a_history_of_old_versions(tmp_path, monkeypatch) as log:
        everything = await log.ends(INPUTS)
        difference = (await replay(log, Counting(), "b1", everything)).difference
        assert difference is not None
        assert difference.recorded.replace(b'"place"', b'"site_id"').replace(b".v0", b".v1") == difference.replayed

        decided = [event async for event in _present_events(tmp_path)]
        await log.trim(
            topics.EVENTS, {partition: end + 1 for partition, end in (await log.ends(topics.EVENTS)).items()}
        )
        await append(log, *decided, topic=topics.EVENTS)
        done = await replay(log, Counting(), "b1", everything)
        assert (done.inputs, done.events, done.difference) == (61, 61, None)


async def _present_events(tmp_path):
    async with opened(tmp_path / "present", read_only=True) as log:
        for event in await events(log):
            yield event


async def test_states_of_another_shape_are_folded_again(tmp_path):
    await a_history(tmp_path)

    class Renewed(Counting):
        observations_type = counting.Count

        def initial_state(self, key):
            return counting.Count(), counting.Count()

        def observe(self, state, observations, given):
            return observations

    async with opened(tmp_path) as log:
        await append(log, command("s0", "i0", 4000, "load:0"), command("z", "z1", 4000, "load:0"))
        async with hosted(log, Renewed(), build="b2") as host:
            assert sum(state.state.seen for state in host.states.values()) == 61
        told = [event.data.session_id for event in await events(log) if event.stream == "load:0"]
        assert told[-1] == "z"
        assert told.count("s0") == 1
