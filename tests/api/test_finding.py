"""Where the read models are behind, nothing is said to be missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from api.finding import found
from commands.ports import Position
from tests.api.world import World

PATHS = ["vehicles/v", "vehicles/v/telemetry", "sessions/s", "sites/s", "enterprises/e"]


class Behind:
    """Read models that don't go on."""

    async def passed(self, position: Position, timeout_s: float) -> bool:
        return False


@pytest.mark.parametrize("path", PATHS)
async def test_what_may_have_been_decided_is_to_be_asked_again(world: World, path: str) -> None:
    await world.site("north")
    assert (await world.client.get(f"/api/v1/{path}")).status_code == 404
    world.app.state.context = replace(world.context, applied=Behind())
    answer = await world.client.get(f"/api/v1/{path}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "can't be read yet" in answer.json()["detail"]


async def test_what_is_there_is_told_at_once(world: World) -> None:
    await world.site("north")
    world.app.state.context = replace(world.context, applied=Behind())
    assert (await world.client.get("/api/v1/sites/north")).status_code == 200


class Late:
    """A row that can be read once the position was awaited at which it was decided."""

    def __init__(self) -> None:
        self.awaited: list[Position] = []
        self.database = self.applied = self
        self.outcomes = SimpleNamespace(seen=lambda: {0: 7, 3: 9})

    async def read(self, query: Callable[[Any], Any]) -> Any:
        return query(self)

    async def passed(self, position: Position, timeout_s: float) -> bool:
        self.awaited.append(position)
        return True


async def test_everything_that_came_here_is_awaited_and_then_looked_at_again() -> None:
    late = Late()
    assert await found(late, lambda _: "row" if len(late.awaited) == 2 else None) == "row"  # type: ignore[arg-type]
    assert sorted(late.awaited) == [Position(0, 7), Position(3, 9)]
