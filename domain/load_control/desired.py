"""What the compacted topic `chargers.desired` says of a charger: the state that the gateway reconciles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Floor:
    """The fail-safe limit (per phase) that the charger keeps without us."""

    limit_ma: int
    generation: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The limit (per phase) of the running transaction; never sent after `valid_until_ms`."""

    transaction_id: int
    limit_ma: int
    generation: int
    valid_until_ms: int
    connector_id: int = 1


@dataclass(frozen=True, slots=True)
class Owner:
    """The socket that speaks for a charger, and the gateway that holds it; each newer socket has a higher `epoch`."""

    gateway_id: str
    connection_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Desired:
    """Both: the floor goes first, always. Generations grow with every change, so an old answer is recognised.

    Nobody but `owner` tells the charger of it; None: it is not connected.
    """

    charger_id: str
    site_id: str
    phases: int
    floor: Floor | None
    lease: Lease | None
    owner: Owner | None = None
