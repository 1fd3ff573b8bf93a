"""Which gateways are gone: those that nobody has heard of for too long. The sockets that they held are given up.

A gateway that is killed tells nobody that its sockets are closed. Until somebody does, its idle chargers count 0,
though cut off they may start by themselves and draw up to their floors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.load_control.desired import Desired, Owner

BEAT_MS = 30_000
"""How often a gateway says that it lives."""

SILENCE_MS = 90_000
"""Silent for so long it is taken for gone: two of its signs may be late or lost, as while a broker changes."""

LOOK_MS = 10_000
"""How often that is looked at: its chargers count as disconnected at most 100 s after its last sign."""

REASON = "its gateway fell silent"

Held = tuple[Desired, Owner]
"""What is wanted of a charger, and the socket that speaks for it."""


def held_in_silence(
    wanted: Iterable[Desired], heard_ms: Mapping[str, int], since_ms: int, now_ms: int
) -> Iterator[Held]:
    """The sockets that belong to gateways which were silent for too long.

    `heard_ms` is when the listener last heard of each, by its own clock: no two clocks need to agree. It listens
    `since_ms`; what it could not hear before is no silence.
    """
    for desired in wanted:
        owner = desired.owner
        if owner is not None and now_ms - heard_ms.get(owner.gateway_id, since_ms) >= SILENCE_MS:
            yield desired, owner
