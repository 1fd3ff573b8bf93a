"""The rows of the compacted topic `chargers.desired`: the state of a charger that the gateway reconciles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DesiredFailsafe:
    """The fail-safe limit (mA per phase) that the charger falls back to without us."""

    limit_ma: int
    generation: int


@dataclass(frozen=True, slots=True)
class DesiredLease:
    """The limit (mA per phase) of the running transaction; never sent after `valid_until_ms`."""

    transaction_id: str
    limit_ma: int
    generation: int
    valid_until_ms: int
    evse_id: int = 1
    total_ma: int | None = None
    """Where the charger takes W: what all its phases get together. None: the limit, as if it were of one phase."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The socket that speaks for a charger, and the gateway that holds it; each newer socket has a higher `epoch`."""

    gateway_id: str
    connection_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Desired:
    """Both limits, the fail-safe limit sent first. Generations grow with every change: an old answer is recognised.

    Only `owner` sends them to the charger; None: it is not connected. `floor` is the fail-safe limit.
    """

    charger_id: str
    site_id: str
    phases: int
    floor: DesiredFailsafe | None
    lease: DesiredLease | None
    owner: Owner | None = None
    clock_offset_ms: int = 0
    """How far our clock is ahead of the charger's: times that are sent to it are by its own."""
