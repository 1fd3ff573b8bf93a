"""The truth against the ledger, in a seeded world. To look into a seed: `World(seed).run(2400)`."""

from __future__ import annotations

import pytest

from processors.engine.stream import dump_state, fresh, load_state, refold
from tests.domain.load_control.world import World
from tests.stories.kernel import LOAD, STREAM


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5, 6])
def test_no_node_is_ever_exceeded_whatever_chargers_and_network_do(seed):
    world = World(seed).run(1800)
    assert world.raises > 0


@pytest.mark.parametrize("seed", range(100, 106))
def test_every_promised_cap_is_kept(seed):
    world = World(seed, caps=True).run(1800)
    assert world.promised


@pytest.mark.parametrize("seed", [3, 11])
def test_the_state_is_what_its_events_say_and_survives_storage(seed):
    kernel = World(seed, caps=True).run(900).kernel
    ledger = fresh(LOAD, STREAM).state
    for event, time_ms in ((event.data, event.time) for event in kernel.recorded):
        ledger = LOAD.evolve(ledger, event, time_ms)
    assert ledger == kernel.ledger
    assert load_state(LOAD, dump_state(LOAD, kernel.whole())) == kernel.whole()
    assert refold(LOAD, STREAM, [], {}, False).state == fresh(LOAD, STREAM).state
