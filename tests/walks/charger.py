"""A model of a charger: what is true of it, whatever its frames say.

It obeys its limits. What can go wrong with its frames, its line and its power is for the walk to choose.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from domain.records.observations import TransactionStart

MIN_MA, MAX_MA = 6_000, 32_000
VOLTAGE_V = 230


@dataclass(eq=False)
class Run:
    """A transaction as it truly is. `id`: as the charger knows it; 0: it was refused one."""

    outlet: str
    car: str
    start: TransactionStart
    end_wh: int | None = None
    end_ms: int = 0
    id: int | None = None
    reason: str = ""
    start_lost: bool = False
    dated: bool = True
    """Whether its end can be read in its stop: else what was metered after it is told apart by nothing."""

    def energy_wh(self, register_wh: int) -> int:
        return (register_wh if self.end_wh is None else self.end_wh) - self.start.meter_start_wh


@dataclass(frozen=True)
class Lease:
    transaction_id: int
    limit_ma: int
    until_ms: int


@dataclass(eq=False)
class Connector:
    """A connector and the car that is plugged in there. `reported`: the status that was sent last."""

    outlet: str
    number: int
    car: str | None = None
    run: Run | None = None
    lease: Lease | None = None
    failsafe_ma: int = MAX_MA
    register_wh: float = 5_000.0
    drawn_ma: int = 0
    is_finishing: bool = False
    reported: str = ""
    left_unseen: bool = False
    """A car has left, and no message has said that the connector was Available."""
    card: str = ""
    """The request of the card that was presented there and waits for its answer."""

    def limit_ma(self, now_ms: int) -> int:
        lease = self.lease
        in_force = lease is not None and self.run is not None and lease.transaction_id == self.run.id
        return lease.limit_ma if lease and in_force and now_ms < lease.until_ms else self.failsafe_ma

    def draw(self, now_ms: int, *, powered: bool) -> None:
        limit_ma = self.limit_ma(now_ms) if self.run is not None and powered else 0
        self.drawn_ma = min(limit_ma, MAX_MA) if limit_ma >= MIN_MA else 0

    @property
    def status(self) -> str:
        if self.car is None:
            return "available"
        if self.run is None:
            return "finishing" if self.is_finishing else "preparing"
        return "charging" if self.drawn_ma else "suspended_evse"

    def end(self, reason: str, now_ms: int) -> Run:
        """The transaction is over, whoever learns of it."""
        assert self.run is not None
        run, self.run, self.lease = self.run, None, None
        run.end_wh, run.end_ms, run.reason = int(self.register_wh), now_ms, reason
        self.is_finishing, self.drawn_ma = True, 0
        return run


@dataclass(eq=False)
class ModelCharger:
    """`outbox`: starts (True) and stops of transactions that it has to report, in their order.

    `mishaps`: what happens to its next start, stop or status.
    """

    id: str
    connectors: list[Connector]
    powered: bool = True
    connection_id: str = ""
    noticed: bool = True
    """Whether the platform knows that it is offline, while it is."""
    outbox: deque[tuple[bool, Run]] = field(default_factory=deque)
    blocked_until_ms: int = 0
    mishaps: dict[str, str] = field(default_factory=dict)
    memory: str = "resumes"
    """What becomes of its transactions when it begins anew."""
    starts_remotely: bool = True
    """Whether it does what it is asked: many start nothing before the cable was out."""

    @property
    def online(self) -> bool:
        return self.powered and bool(self.connection_id)

    def mishap(self, frame: str) -> str:
        return self.mishaps.pop(frame, "")
