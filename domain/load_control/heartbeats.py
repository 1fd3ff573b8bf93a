"""The heartbeats of gateways: one that is silent for too long is gone, and the sockets that it held are given up.

A gateway that is killed does not report that its sockets are closed. Until another does, its idle chargers count 0,
though cut off they may start by themselves and draw up to their fail-safe limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.load_control.desired import Desired, Owner

BEAT_MS = 30_000
"""The period of a gateway's heartbeat."""

SILENCE_MS = 90_000
"""A gateway without a heartbeat for so long is gone: two may be late or lost, as while a broker changes."""

LOOK_MS = 10_000
"""The period of the check: chargers count as disconnected at most 100 s after their gateway's last heartbeat."""

REASON = "its gateway fell silent"

Held = tuple[Desired, Owner]
"""What is desired of a charger, and the socket that speaks for it."""


def held_in_silence(
    wanted: Iterable[Desired], heard_ms: Mapping[str, int], since_ms: int, now_ms: int
) -> Iterator[Held]:
    """The sockets that belong to gateways which were silent for too long.

    `heard_ms` is when the watcher received the last heartbeat of each, by its own clock: no two clocks need to
    agree. It watches since `since_ms`; what it could not receive before is no silence.
    """
    for desired in wanted:
        owner = desired.owner
        if owner is not None and now_ms - heard_ms.get(owner.gateway_id, since_ms) >= SILENCE_MS:
            yield desired, owner
