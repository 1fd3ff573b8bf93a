"""Weighted max-min fair filling of a site's electrical tree, in whole steps.

Progressive filling: a common level rises, and each claim is held at weight x level, between its minimum and its
maximum. A claim is frozen as soon as its next step no longer fits at a node above it. Filling step by step keeps
mixed one- and three-phase claims exact, and what it returns can't be raised by a single step anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from domain.electrical.grid import Node, Outlet, ancestors

FULL_WEIGHT_PPM = 1_000_000
LEVEL_SCALE = FULL_WEIGHT_PPM * FULL_WEIGHT_PPM
"""Two different quotients current / weight differ by at least 1 / FULL_WEIGHT_PPM²: so scaled, in whole numbers."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One load that wants current: 0, or `min_ma` to `max_ma` per phase of `outlet`.

    `outlet.phases` are those that the car may use. Raises `ValueError` if the weight is not in 1..1,000,000 ppm.
    """

    id: str
    outlet: Outlet
    min_ma: int
    max_ma: int
    weight_ppm: int = FULL_WEIGHT_PPM

    def __post_init__(self) -> None:
        if not 0 < self.weight_ppm <= FULL_WEIGHT_PPM:
            raise ValueError(f"weight_ppm of {self.id} must lie in 1..{FULL_WEIGHT_PPM}, not {self.weight_ppm}")

    def level(self, current_ma: int) -> int:
        """The common level at which this claim has `current_ma`."""
        return current_ma * LEVEL_SCALE // self.weight_ppm


class Room:
    """What is left at every node of a tree (mA per phase, W) while loads are added to it."""

    def __init__(self, nodes: Mapping[str, Node], fixed: Iterable[tuple[Outlet, int]] = ()) -> None:
        self._nodes = nodes
        self._left: list[int] = []
        self._phase_slots: dict[str, tuple[int, int, int]] = {}
        self._power_slots: dict[str, int] = {}
        self._slots_above: dict[tuple[str, tuple[int, ...]], tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for node in nodes.values():
            if node.limit_ma is not None:
                first = len(self._left)
                self._phase_slots[node.id] = (first, first + 1, first + 2)
                self._left.extend(node.limit_ma)
            if node.limit_w is not None:
                self._power_slots[node.id] = len(self._left)
                self._left.append(node.limit_w)
        for outlet, current_ma in fixed:
            phase_slots, power_slots = self._above(outlet)
            for slot in phase_slots:
                self._left[slot] -= current_ma
            for slot in power_slots:
                self._left[slot] -= outlet.power_w(current_ma)

    def raise_load(self, outlet: Outlet, from_ma: int, to_ma: int) -> bool:
        """Raise the load of `outlet`, if every node above has room for it; otherwise change nothing."""
        more_ma = to_ma - from_ma
        more_w = outlet.power_w(to_ma) - outlet.power_w(from_ma)
        left = self._left
        phase_slots, power_slots = self._above(outlet)
        for slot in phase_slots:
            if left[slot] < more_ma:
                return False
        for slot in power_slots:
            if left[slot] < more_w:
                return False
        for slot in phase_slots:
            left[slot] -= more_ma
        for slot in power_slots:
            left[slot] -= more_w
        return True

    def _above(self, outlet: Outlet) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The slots of the limits that a load on `outlet` counts against: of current, of power."""
        key = (outlet.node, outlet.phases)
        slots = self._slots_above.get(key)
        if slots is None:
            path = ancestors(self._nodes, outlet.node)
            slots = self._slots_above[key] = (
                tuple(self._phase_slots[node][phase] for node in path if node in self._phase_slots for phase in key[1]),
                tuple(self._power_slots[node] for node in path if node in self._power_slots),
            )
        return slots


def allocate(
    nodes: Mapping[str, Node],
    claims: Sequence[Claim],
    fixed: Mapping[str, tuple[Outlet, int]],
    step_ma: int = 1000,
) -> dict[str, int]:
    """The mA per phase of every claim, in whole steps, beside the `fixed` loads (outlet and mA, by outlet id).

    Claims are admitted at their minimum in the order given while every node above has room for it, the others get 0;
    then the level rises. Ties go to the earlier claim. A maximum that is not a whole number of steps counts as the
    step below it, a minimum as the step above it: a car that can use 15.5 A is given 15 A.
    """
    room = Room(nodes, fixed.values())
    granted_ma = {claim.id: 0 for claim in claims}
    rising: list[tuple[int, int]] = []  # the level at which a claim has its next step, the claim
    for position, claim in enumerate(claims):
        lowest_ma = -(-claim.min_ma // step_ma) * step_ma
        if lowest_ma <= claim.max_ma and room.raise_load(claim.outlet, 0, lowest_ma):
            granted_ma[claim.id] = lowest_ma
            rising.append((claim.level(lowest_ma + step_ma), position))
    heapify(rising)
    while rising:
        _, position = heappop(rising)
        claim = claims[position]
        now_ma = granted_ma[claim.id]
        next_ma = now_ma + step_ma
        if next_ma <= claim.max_ma and room.raise_load(claim.outlet, now_ma, next_ma):
            granted_ma[claim.id] = next_ma
            heappush(rising, (claim.level(next_ma + step_ma), position))
    return granted_ma
