"""What every log must keep, whatever it is made of: `commands.ports.Log` on four partitions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.log import topics
from commands.ports.log import Batch, Consumer, Entry, Fenced, Log, LogError, Output, Stored
from tests.contracts.conftest import OpenLog, Space, opener
from tests.examples import examples

EVENTS = topics.EVENTS
INPUTS = topics.inputs("sites")
STATES = topics.states("sites")
KEYS = ["sites:a", "sites:b", "sites:c", "sites:d", "sites:e", "sites:f"]
PATIENCE_S = 30  # never waited for, unless the log is broken


async def all_of(log: Log, topic: str) -> list[Stored]:
    """Everything in a topic, one partition after the other."""
    found: list[Stored] = []
    for partition in range(log.partitions(topic)):
        after = 0
        while page := await log.read(topic, partition, after):
            found += page
            after = page[-1].position.offset
    return found


async def bodies_of(log: Log, topic: str) -> list[bytes]:
    return sorted(stored.body for stored in await all_of(log, topic))


async def take(tail: AsyncIterator[Sequence[Stored]], count: int) -> list[Stored]:
    """The next `count` records of a tail, and no more than those pages that have them."""
    found: list[Stored] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            found += await anext(tail)
    return found


async def poll(consumer: Consumer, limit: int = 500) -> Batch:
    async with asyncio.timeout(PATIENCE_S):
        return await consumer.poll(limit)


async def drain(consumer: Consumer) -> list[Stored]:
    """Poll and commit until all is consumed."""
    found: list[Stored] = []
    await consumer.states()
    while not consumer.caught_up():
        batch = await poll(consumer)
        found += batch.records
        await batch.commit([], {})
    return found


def numbered(count: int, keys: Sequence[str] = KEYS) -> list[Entry]:
    return [Entry(keys[number % len(keys)], b"%06d" % number) for number in range(count)]


async def test_it_has_at_least_four_partitions_and_the_keys_here_use_all_of_them(log: Log) -> None:
    assert log.partitions(EVENTS) >= 4
    used = {topics.partition_of(f"sites:{number}", log.partitions(EVENTS)) for number in range(100)}
    assert used == set(range(log.partitions(EVENTS)))


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_trace_context_travels_beside_the_body(log: Log) -> None:
    await log.append(EVENTS, [Entry("sites:a", b"traced", TRACE), Entry("sites:a", b"not")])
    await log.append_all([(topics.DESIRED, Entry("c", b"traced", TRACE))])
    kept = {stored.body: stored.traceparent for stored in await all_of(log, EVENTS)}
    assert kept == {b"traced": TRACE, b"not": None}
    assert [stored.traceparent for stored in await take(log.tail(topics.DESIRED, {}), 1)] == [TRACE]


async def test_a_trace_context_reaches_the_consumer_and_leaves_it(log: Log) -> None:
    await log.append(INPUTS, [Entry("sites:a", b"given", TRACE)])
    consumer = log.consumer("sites")
    await consumer.states()
    batch = await poll(consumer)
    assert [stored.traceparent for stored in batch.records] == [TRACE]
    await batch.commit([(EVENTS, Entry("sites:a", b"decided", TRACE))], {"sites:a": b"state"})
    assert [stored.traceparent for stored in await all_of(log, EVENTS)] == [TRACE]


async def test_append_answers_with_the_position_of_each_entry(log: Log) -> None:
    entries = numbered(20)
    positions = await log.append(EVENTS, entries)
    kept = {stored.position: Entry(stored.key, stored.body) for stored in await all_of(log, EVENTS)}
    assert [kept[position] for position in positions] == entries
    assert all(position.offset > 0 for position in positions)


async def test_a_key_stays_in_the_partition_of_its_hash(log: Log) -> None:
    positions = await log.append(EVENTS, numbered(20))
    expected = [topics.partition_of(entry.key, log.partitions(EVENTS)) for entry in numbered(20)]
    assert [position.partition for position in positions] == expected


async def test_each_partition_keeps_the_order_of_appends(log: Log) -> None:
    for entry in numbered(40):
        await log.append(EVENTS, [entry])
    for partition in range(log.partitions(EVENTS)):
        page = await log.read(EVENTS, partition)
        assert [stored.body for stored in page] == sorted(stored.body for stored in page)
        assert all(earlier.position < later.position for earlier, later in pairwise(page))


async def test_read_goes_on_after_an_offset_and_keeps_to_the_limit(log: Log) -> None:
    await log.append(EVENTS, [Entry("one", b"%d" % number) for number in range(7)])
    partition = topics.partition_of("one", log.partitions(EVENTS))
    first = await log.read(EVENTS, partition, 0, limit=3)
    then = await log.read(EVENTS, partition, first[-1].position.offset, limit=100)
    assert [stored.body for stored in first] == [b"0", b"1", b"2"]
    assert [stored.body for stored in then] == [b"3", b"4", b"5", b"6"]
    assert not await log.read(EVENTS, partition, then[-1].position.offset)


async def test_an_empty_topic_reads_as_empty(log: Log) -> None:
    assert await all_of(log, EVENTS) == []
    assert set((await log.ends(EVENTS)).values()) == {0}
    assert await log.table(topics.DESIRED) == {}


async def test_ends_are_the_last_offsets(log: Log) -> None:
    positions = await log.append(EVENTS, numbered(20))
    expected = dict.fromkeys(range(log.partitions(EVENTS)), 0)
    for position in positions:
        expected[position.partition] = position.offset
    assert await log.ends(EVENTS) == expected


async def test_appending_nothing_is_fine(log: Log) -> None:
    assert list(await log.append(EVENTS, [])) == []
    await log.append_all([])
    assert await all_of(log, EVENTS) == []


@pytest.mark.parametrize("body", [b"", b"\0", bytes(range(256)) * 4096], ids=["empty", "a zero", "1 MB"])
async def test_bodies_come_back_as_they_were(log: Log, body: bytes) -> None:
    await log.append(EVENTS, [Entry("key", body)])
    await log.append(topics.DESIRED, [Entry("key", body)])
    assert await bodies_of(log, EVENTS) == [body]
    assert await log.table(topics.DESIRED) == {"key": body}


@pytest.mark.parametrize("key", ["", "ladestation-münchen", "充电站", "🔌⚡", "a\0b", "quote'\"key", " \n"])
async def test_keys_come_back_as_they_were(log: Log, key: str) -> None:
    await log.append(EVENTS, [Entry(key, b"body")])
    await log.append(topics.DESIRED, [Entry(key, b"body")])
    assert [stored.key for stored in await all_of(log, EVENTS)] == [key]
    assert await log.table(topics.DESIRED) == {key: b"body"}


async def test_what_cannot_be_kept_is_refused_with_a_reason_and_nothing_of_it_is_written(log: Log) -> None:
    with pytest.raises(ValueError, match="body: events is no table"):
        await log.append(EVENTS, [Entry("good", b"good"), Entry("key", None)])
    with pytest.raises(ValueError, match="surrogates"):
        await log.append_all([(EVENTS, Entry("good", b"good")), (EVENTS, Entry("\ud800", b"half a character"))])
    with pytest.raises(ValueError, match="topic"):
        await log.append('no" topic', [Entry("key", b"body")])
    assert await all_of(log, EVENTS) == []


async def test_a_table_keeps_the_latest_of_each_key_and_deletes_on_none(log: Log) -> None:
    await log.append(topics.DESIRED, [Entry("a", b"1"), Entry("b", b"1"), Entry("c", b"1")])
    await log.append(topics.DESIRED, [Entry("a", b"2"), Entry("a", b"3"), Entry("b", None)])
    assert await log.table(topics.DESIRED) == {"a": b"3", "c": b"1"}
    await log.append(topics.DESIRED, [Entry("a", None), Entry("a", b"4"), Entry("c", b"5"), Entry("c", None)])
    assert await log.table(topics.DESIRED) == {"a": b"4"}


async def test_a_tail_of_a_table_sees_what_changes(log: Log) -> None:
    await log.append(topics.DESIRED, [Entry("a", b"1")])
    tail = log.tail(topics.DESIRED, await log.ends(topics.DESIRED))
    await log.append(topics.DESIRED, [Entry("a", b"2")])
    assert [stored.body for stored in await take(tail, 1)] == [b"2"]


async def test_append_all_writes_several_topics(log: Log) -> None:
    await log.append_all([(EVENTS, Entry("a", b"event")), (INPUTS, Entry("a", b"input")), (STATES, Entry("a", b"s"))])
    assert await bodies_of(log, EVENTS) == [b"event"]
    assert await bodies_of(log, INPUTS) == [b"input"]
    assert await log.table(STATES) == {"a": b"s"}


async def test_a_tail_sees_old_and_new_exactly_once(log: Log) -> None:
    await log.append(EVENTS, numbered(30))
    tail = log.tail(EVENTS, {})
    old = await take(tail, 30)
    waiting = asyncio.ensure_future(take(tail, 10))
    await asyncio.sleep(0)
    await log.append(EVENTS, [Entry(entry.key, b"new" + entry.body) for entry in numbered(10)])
    new = await waiting
    assert sorted(stored.body for stored in old) == [entry.body for entry in numbered(30)]
    assert sorted(stored.body for stored in new) == [b"new" + entry.body for entry in numbered(10)]


async def test_several_tails_see_all_while_others_append(log: Log) -> None:
    tails = [asyncio.ensure_future(take(log.tail(EVENTS, {}), 120)) for _ in range(3)]
    await asyncio.gather(*(log.append(EVENTS, [entry]) for entry in numbered(120)))
    for tail in tails:
        found = await tail
        assert sorted(stored.body for stored in found) == [entry.body for entry in numbered(120)]
        for partition in range(log.partitions(EVENTS)):
            of_one = [stored for stored in found if stored.position.partition == partition]
            assert of_one == list(await log.read(EVENTS, partition))


async def test_a_tail_goes_on_after_the_given_positions(log: Log) -> None:
    await log.append(EVENTS, numbered(30))
    ends = dict(await log.ends(EVENTS))
    partition = topics.partition_of(KEYS[0], log.partitions(EVENTS))
    again = ends.pop(partition)  # one partition from the start, the others from their ends
    await log.append(EVENTS, [Entry(key, b"new") for key in KEYS])
    expected = [s for s in await all_of(log, EVENTS) if s.body == b"new" or s.position.partition == partition]
    found = await take(log.tail(EVENTS, ends), len(expected))
    assert again > 0
    assert sorted(s.position for s in found) == sorted(s.position for s in expected)


async def test_closing_ends_tails_and_polls(log: Log) -> None:
    await log.append(EVENTS, numbered(1))
    tail = log.tail(EVENTS, {})
    await take(tail, 1)
    consumer = log.consumer("sites")
    await consumer.states()
    next_page, batch = asyncio.ensure_future(anext(tail, None)), asyncio.ensure_future(poll(consumer))
    await asyncio.sleep(0)
    await log.close()
    assert await next_page is None
    assert list((await batch).records) == []


async def test_closing_finishes_what_was_accepted(log_factory: OpenLog) -> None:
    log = await log_factory()
    appends = [asyncio.ensure_future(log.append(EVENTS, [entry])) for entry in numbered(50)]
    await asyncio.sleep(0)
    await log.close()
    await asyncio.gather(*appends)
    with pytest.raises(LogError, match="closed"):
        await log.append(EVENTS, numbered(1))
    with pytest.raises(LogError, match="closed"):
        await log.read(EVENTS, 0)
    log = await log_factory()
    assert await bodies_of(log, EVENTS) == [entry.body for entry in numbered(50)]


async def test_concurrent_appenders_lose_nothing_double_nothing_and_keep_their_order(log: Log) -> None:
    async def append(caller: int) -> None:
        for number in range(10):
            await log.append(EVENTS, [Entry(f"sites:{caller}", b"%03d %03d" % (caller, number))])

    await asyncio.gather(*(append(caller) for caller in range(40)))
    found = [stored.body for stored in await all_of(log, EVENTS)]
    assert sorted(found) == [b"%03d %03d" % (caller, number) for caller in range(40) for number in range(10)]
    for caller in range(40):
        of_one = [body for body in found if body.startswith(b"%03d " % caller)]
        assert of_one == sorted(of_one)


async def test_a_consumer_gets_all_inputs_in_the_order_of_each_partition(log: Log) -> None:
    await log.append(INPUTS, numbered(40))
    found = await drain(log.consumer("sites"))
    assert sorted(stored.body for stored in found) == [entry.body for entry in numbered(40)]
    for partition in range(log.partitions(INPUTS)):
        assert [s for s in found if s.position.partition == partition] == list(await log.read(INPUTS, partition))


async def test_poll_waits_for_input_and_keeps_to_its_limit(log: Log) -> None:
    consumer = log.consumer("sites")
    waiting = asyncio.ensure_future(poll(consumer, limit=3))
    await consumer.states()
    await log.append(INPUTS, numbered(1))
    batch = await waiting
    assert [stored.body for stored in batch.records] == [b"000000"]
    await batch.commit([], {})
    await log.append(INPUTS, numbered(10))
    assert 1 <= len((await poll(consumer, limit=3)).records) <= 3


async def test_a_commit_writes_outputs_states_and_positions_together(log: Log) -> None:
    consumer = log.consumer("sites")
    await log.append(INPUTS, numbered(2, ["sites:a"]))
    batch = await poll(consumer)
    last = batch.records[-1].position
    await batch.commit([(EVENTS, Entry("sites:a", b"event"))], {"sites:a": b"state"})
    assert await bodies_of(log, EVENTS) == [b"event"]
    assert await log.table(STATES) == await consumer.states() == {"sites:a": b"state"}
    assert (await consumer.positions())[last.partition] == (await log.consumed("sites"))[last.partition] == last.offset


async def test_states_are_replaced_and_deleted(log: Log) -> None:
    consumer = log.consumer("sites")
    for states in ({"sites:a": b"1", "sites:b": b"1"}, {"sites:a": b"2", "sites:b": None}):
        await log.append(INPUTS, numbered(1))
        await (await poll(consumer)).commit([], states)
    assert await consumer.states() == {"sites:a": b"2"}


async def test_a_restart_goes_on_at_the_committed_position_with_the_committed_states(log_factory: OpenLog) -> None:
    log = await log_factory()
    consumer = log.consumer("sites")
    await log.append(INPUTS, numbered(20))
    first = await poll(consumer, limit=8)
    await first.commit([], {"sites:a": b"after the first"})
    await poll(consumer, limit=8)  # taken, never committed
    await log.close()

    log = await log_factory()
    consumer = log.consumer("sites")
    assert await consumer.states() == {"sites:a": b"after the first"}
    assert not consumer.caught_up()
    rest = await drain(consumer)
    assert sorted(s.body for s in [*first.records, *rest]) == [entry.body for entry in numbered(20)]
    assert await consumer.positions() == await log.consumed("sites") == await log.ends(INPUTS)


async def test_a_consumer_knows_whether_it_has_caught_up(log: Log) -> None:
    consumer = log.consumer("sites")
    await consumer.states()
    assert consumer.caught_up()
    await log.append(INPUTS, numbered(1))
    assert not consumer.caught_up()
    batch = await poll(consumer)
    assert not consumer.caught_up(), "polled is not committed"
    await batch.commit([(INPUTS, Entry("sites:a", b"to myself"))], {})
    assert not consumer.caught_up()
    await (await poll(consumer)).commit([], {})
    assert consumer.caught_up()


async def test_positions_of_one_that_has_consumed_nothing_are_zero(log: Log) -> None:
    assert set((await log.consumed("sites")).values()) == {0}
    assert set((await log.consumer("sites").positions()).values()) == {0}


async def test_processors_consume_their_own_inputs_only(log: Log) -> None:
    await log.append(INPUTS, [Entry("sites:a", b"for sites")])
    await log.append(topics.inputs("load"), [Entry("load:a", b"for load")])
    assert [s.body for s in await drain(log.consumer("load"))] == [b"for load"]
    assert [s.body for s in await drain(log.consumer("sites"))] == [b"for sites"]


async def test_a_second_consumer_fences_the_first(log: Log) -> None:
    first = log.consumer("sites")
    await log.append(INPUTS, numbered(1, ["sites:a"]))
    batch = await poll(first)
    second = log.consumer("sites")
    taken_over = await poll(second)
    with pytest.raises(Fenced):
        await batch.commit([(EVENTS, Entry("sites:a", b"zombie"))], {"sites:a": b"zombie"})
    assert await all_of(log, EVENTS) == []
    assert await log.table(STATES) == {}
    assert taken_over.records == batch.records
    await taken_over.commit([(EVENTS, Entry("sites:a", b"alive"))], {"sites:a": b"alive"})
    assert await bodies_of(log, EVENTS) == [b"alive"]
    assert await second.states() == {"sites:a": b"alive"}


async def test_a_zombie_spoils_nothing_for_those_who_write_at_the_same_time(log: Log) -> None:
    first = log.consumer("sites")
    await log.append(INPUTS, numbered(1))
    batch = await poll(first)
    await poll(log.consumer("sites"))
    answers = await asyncio.gather(
        log.append(EVENTS, [Entry("a", b"1")]),
        batch.commit([(EVENTS, Entry("a", b"zombie"))], {}),
        log.append(EVENTS, [Entry("a", b"2")]),
        return_exceptions=True,
    )
    assert isinstance(answers[1], Fenced)
    assert await bodies_of(log, EVENTS) == [b"1", b"2"]


async def test_a_refused_commit_writes_nothing_and_its_inputs_come_again(log_factory: OpenLog) -> None:
    log = await log_factory()
    consumer = log.consumer("sites")
    await log.append(INPUTS, numbered(3))
    batch = await poll(consumer)
    with pytest.raises(ValueError, match="body"):
        await batch.commit([(EVENTS, Entry("a", b"event")), (EVENTS, Entry("a", None))], {"sites:a": b"state"})
    await log.close()
    log = await log_factory()
    consumer = log.consumer("sites")
    assert await all_of(log, EVENTS) == []
    assert await consumer.states() == {}
    assert len(await drain(consumer)) == 3


async def test_a_batch_is_committed_once(log: Log) -> None:
    consumer = log.consumer("sites")
    await log.append(INPUTS, numbered(1))
    batch = await poll(consumer)
    await batch.commit([(EVENTS, Entry("a", b"once"))], {})
    with pytest.raises(LogError):
        await batch.commit([(EVENTS, Entry("a", b"twice"))], {})
    assert await bodies_of(log, EVENTS) == [b"once"]


async def test_a_commit_whose_caller_gave_up_still_counts_whole(log: Log) -> None:
    consumer = log.consumer("sites")
    await log.append(INPUTS, numbered(2))
    batch = await poll(consumer, limit=1)
    impatient = asyncio.ensure_future(batch.commit([(EVENTS, Entry("a", batch.records[0].body))], {}))
    await asyncio.sleep(0)
    impatient.cancel()
    following = await poll(consumer)
    await following.commit([(EVENTS, Entry("a", stored.body)) for stored in following.records], {})
    assert await bodies_of(log, EVENTS) == [b"000000", b"000001"]


async def test_a_poll_whose_caller_gave_up_takes_nothing_away(log: Log) -> None:
    consumer = log.consumer("sites")
    await consumer.states()
    await log.append(INPUTS, numbered(5))
    impatient = asyncio.ensure_future(consumer.poll())
    await asyncio.sleep(0)
    impatient.cancel()
    assert len(await drain(consumer)) == 5


async def test_a_closed_consumer_gets_an_empty_batch(log: Log) -> None:
    consumer = log.consumer("sites")
    await consumer.states()
    waiting = asyncio.ensure_future(poll(consumer))
    await asyncio.sleep(0)
    await consumer.close()
    assert list((await waiting).records) == []


# A model: the log as lists and dictionaries, and any history of doing, forgetting and restarting.

entry = st.builds(Entry, st.sampled_from(KEYS) | st.text(max_size=5), st.binary(max_size=8))
row = st.builds(Entry, st.sampled_from(KEYS), st.none() | st.binary(max_size=8))
output: st.SearchStrategy[Output] = (
    st.tuples(st.sampled_from([EVENTS, INPUTS]), entry)  #
    | st.tuples(st.just(topics.DESIRED), row)
)
states = st.dictionaries(st.sampled_from(KEYS), st.none() | st.binary(max_size=8), max_size=3)
step = st.one_of(
    st.tuples(st.just("append"), st.lists(output, max_size=6)),
    st.tuples(st.just("commit"), st.lists(output, max_size=4), states, st.integers(1, 5)),
    st.tuples(st.just("forget"), st.integers(1, 5)),
    st.tuples(st.just("take over")),
    st.tuples(st.just("restart")),
)


@dataclass
class Model:
    """What should be on the log, and what a consumer should find."""

    kept: dict[str, list[tuple[str, bytes]]] = field(default_factory=lambda: {EVENTS: [], INPUTS: []})
    tables: dict[str, dict[str, bytes]] = field(default_factory=lambda: {topics.DESIRED: {}, STATES: {}})
    consumed: int = 0

    def write(self, outputs: Sequence[Output]) -> None:
        for topic, (key, body) in [(topic, (entry.key, entry.body)) for topic, entry in outputs]:
            if body is None:
                self.tables[topic].pop(key, None)
            elif topic in self.tables:
                self.tables[topic][key] = body
            else:
                self.kept[topic].append((key, body))

    def of_partition(self, topic: str, partition: int, partitions: int) -> list[tuple[str, bytes]]:
        return [(key, body) for key, body in self.kept[topic] if topics.partition_of(key, partitions) == partition]


EXAMPLES = {"sqlite": 60, "memory": 60, "kafka": 12}
"""A broker needs a moment for each restart."""


@pytest.mark.hypothesis
def test_any_history_leaves_what_the_model_says(new_space: Callable[[], Space], request: pytest.FixtureRequest) -> None:
    @settings(max_examples=examples(EXAMPLES[request.node.callspec.params["new_space"]]), deadline=None)
    @given(steps=st.lists(step, max_size=12))
    def holds(steps: list[tuple]) -> None:
        asyncio.run(hold_against_model(new_space(), steps))

    holds()


async def hold_against_model(space: Space, steps: list[tuple]) -> None:
    model = Model()
    async with opener(space) as open_log:
        log = await open_log()
        consumer = log.consumer("sites")
        for what, *arguments in steps:
            match what:
                case "append":
                    await log.append_all(arguments[0])
                    model.write(arguments[0])
                case "commit" if len(model.kept[INPUTS]) > model.consumed:
                    outputs, changed, limit = arguments
                    batch = await poll(consumer, limit)
                    await batch.commit(outputs, changed)
                    model.consumed += len(batch.records)
                    model.write([*outputs, *((STATES, Entry(key, body)) for key, body in changed.items())])
                case "forget" if len(model.kept[INPUTS]) > model.consumed:
                    assert (await poll(consumer, arguments[0])).records
                case "take over":
                    consumer = log.consumer("sites")
                case "restart":
                    await log.close()
                    log = await open_log()
                    consumer = log.consumer("sites")
            await compare(log, consumer, model)
        rest = await drain(consumer)
        assert len(rest) == len(model.kept[INPUTS]) - model.consumed


async def compare(log: Log, consumer: Consumer, model: Model) -> None:
    for topic in model.kept:
        for partition in range(log.partitions(topic)):
            found = [(stored.key, stored.body) for stored in await log.read(topic, partition)]
            assert found == model.of_partition(topic, partition, log.partitions(topic))
    for topic, expected in model.tables.items():
        assert await log.table(topic) == expected
    assert await consumer.states() == model.tables[STATES]
    assert consumer.caught_up() == (model.consumed == len(model.kept[INPUTS]))
