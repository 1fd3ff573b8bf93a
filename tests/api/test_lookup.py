"""Nothing is called missing that was asked for before: where it is not decided, or can't be read yet, it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api.lookup import find
from commands.log.topics import EVENTS
from commands.ports.log import Position
from tests.api.world import World, impatient, site

PATHS = ["vehicles/v", "vehicles/v/telemetry", "sessions/s", "sites/s", "enterprises/e"]


class Behind:
    """Read models that don't go on."""

    async def passed(self, position: Position, timeout_s: float) -> bool:
        return False


@pytest.mark.parametrize("path", PATHS)
async def test_what_may_have_been_decided_is_to_be_asked_again(world: World, path: str) -> None:
    await world.site("north")
    assert (await world.get(f"/{path}")).status_code == 404
    world.app.state.context = replace(world.context, applied=Behind())
    answer = await world.get(f"/{path}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "can't be read yet" in answer.json()["detail"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_may_be_decided_next_is_to_be_asked_again(world: World, path: str) -> None:
    world.deciding.clear()
    with impatient():
        assert (await world.post("/sites", site(id="north"))).status_code == 202
        answer = await world.get(f"/{path}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "not decided yet" in answer.json()["detail"]
    world.deciding.set()
    assert (await world.get_once_decided(f"/{path}")).status_code == 404


async def test_what_is_there_is_told_at_once(world: World) -> None:
    await world.site("north")
    world.deciding.clear()
    world.app.state.context = replace(world.context, applied=Behind())
    assert (await world.get("/sites/north")).status_code == 200


class Late:
    """Processors that tell one another, and read models: each has done what it must once it was awaited."""

    def __init__(self) -> None:
        self.awaited: list[Any] = []
        self.log = self.database = self.applied = self

    async def ends(self, topic: str) -> dict[int, int]:
        return {0: 7, 1: 0, 3: 9} if topic == EVENTS else {0: 5}

    async def consumed(self, processor: str) -> dict[int, int]:
        self.awaited.append(processor)
        return {0: 3 + self.awaited.count(processor)}

    async def read(self, query: Callable[[Any], Any]) -> Any:
        return query(self)

    async def passed(self, position: Position, timeout_s: float) -> bool:
        self.awaited.append(position)
        return True


async def test_it_is_looked_for_again_after_all_that_may_tell_of_it() -> None:
    late = Late()
    assert await find(late, lambda _: "row" if Position(3, 9) in late.awaited else None) == "row"  # type: ignore[arg-type]
    processors = [name for name in ("registry", "vehicles", "sites", "load") for _ in range(2)]
    assert late.awaited == [*processors, Position(0, 7), Position(3, 9)]
