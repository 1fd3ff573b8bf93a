"""The state of the kernel: a site's tree and caps, and of each charger what it may draw in the worst case."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.electrical.grid import Node, Outlet
from domain.electrical.outlet_id import WHOLE, charger_of, evse_of
from domain.load_control.parameters import (
    BACKOFF_LONGEST_MS,
    BACKOFF_MS,
    FAILSAFE_DOUBT_MS,
    LAPSE_MARGIN_MS,
    LOW_VOLTAGE_PERMILLE,
    NO_ANSWER_MS,
    PROMISE_MS,
    QUEUE_MS,
    START_DELAY_MS,
    tolerance_ma,
)
from domain.records.words import OUT_OF_SERVICE

GOES_ON = frozenset({"charging", "suspended_ev", "suspended_evse"})
"""Statuses of a connector in a transaction. Any other takes no doubt away that there was."""


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of the whole site's power in [starts, ends)."""

    id: str
    limit_w: int
    starts_ms: int
    ends_ms: int | None
    holds_from_ms: int
    guaranteed: bool

    @property
    def prepared_from_ms(self) -> int:
        """From here on it counts, so that loads are below it when it holds."""
        return self.holds_from_ms - PROMISE_MS

    def counts(self, now_ms: int) -> bool:
        return self.prepared_from_ms <= now_ms and not self.is_over(now_ms)

    def is_over(self, now_ms: int) -> bool:
        return self.ends_ms is not None and self.ends_ms <= now_ms


@dataclass(frozen=True, slots=True)
class Ask:
    """The newest limit of one kind that a charger was asked for, and its answer. `repeat`: it must be asked again."""

    generation: int = 0
    asked_ms: int = 0
    accepted_ms: int | None = None
    failed_ms: int | None = None
    failures: int = 0
    repeat: bool = False

    def due_ms(self) -> int | None:
        """When it must be asked again; None: it was accepted."""
        if self.repeat:
            return self.asked_ms
        if self.accepted_ms is not None:
            return None
        if self.failed_ms is not None:
            return self.failed_ms + min(BACKOFF_MS << max(0, self.failures - 1), BACKOFF_LONGEST_MS)
        return self.asked_ms + NO_ANSWER_MS

    def is_due(self, now_ms: int) -> bool:
        due_ms = self.due_ms()
        return due_ms is not None and due_ms <= now_ms


@dataclass(frozen=True, slots=True)
class Failsafe:
    """The fail-safe limit. `installed_ma` is the highest that the charger may hold; None: it may hold none.

    `doubted_ms`: it booted then, and has not accepted its failsafe again yet.
    """

    desired_ma: int = 0
    installed_ma: int | None = None
    doubted_ms: int | None = None
    ask: Ask = Ask()

    def is_trusted(self, now_ms: int) -> bool:
        if self.installed_ma is None:
            return False
        return self.doubted_ms is None or now_ms < self.doubted_ms + FAILSAFE_DOUBT_MS


@dataclass(frozen=True, slots=True)
class Lease:
    """The newest limit of a running transaction: this one since `since_ms`, `lowered_ms` if that was a decrease.

    `total_ma`: in W all phases together get no more than this, which is less than the limit would let them have.
    """

    transaction_id: str
    limit_ma: int
    valid_until_ms: int
    since_ms: int
    lowered_ms: int | None
    rule: str
    ask: Ask
    total_ma: int | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    id: str
    evse_id: int
    vehicle_id: str | None
    meter_start_wh: int
    started_ms: int
    permitted: bool
    commissioning: bool
    token_ref: str = ""
    doubted_ms: int | None = None
    """Of one on a connector that was never registered: since when there is evidence that it is over."""

    @property
    def may_charge(self) -> bool:
        """Whether it has a permit, or needs none."""
        return self.permitted or self.commissioning


@dataclass(frozen=True, slots=True)
class Start:
    """A start as a charger reports it, again and again until it is answered: its natural key and what it became."""

    evse_id: int
    token_ref: str
    charger_time_ms: int
    meter_start_wh: int
    transaction_id: str
    start_id: str
    permitted: bool
    commissioning: bool


@dataclass(frozen=True, slots=True)
class Permit:
    """Capacity reserved for starts until `expires_ms` (ms UTC), and a little longer for the report of the start.

    `starts`: a charger with two permits may start, stop, and start again.
    """

    start_ma: int
    expires_ms: int
    starts: int

    @property
    def reserved_until_ms(self) -> int:
        return self.expires_ms + START_DELAY_MS

    def is_reserved(self, now_ms: int) -> bool:
        return now_ms < self.reserved_until_ms


@dataclass(frozen=True, slots=True)
class PendingStart:
    """A start for which there is no room yet. `answered`: it was refused, and the room is left for another try."""

    request_id: str
    start_ma: int
    since_ms: int
    until_ms: int
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Commissioning:
    """Until then only a test load is plugged in."""

    test_load_ma: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Uncertain:
    """What an outlet may still draw after a transaction that ended by evidence, until it is shown to draw nothing."""

    most_ma: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class Charger:
    """One outlet of a charger, with what is known of the charger as a whole.

    `possible` are the leases that may be in force, as (limit in mA, valid until), the highest first; `refused_ms` is
    when a reading of a quantity was last recorded as refused. Since `doubted_ms` the connector's status contradicts the
    transaction; at `available_ms` it was Available without one, at `faulted_ms` Faulted; `lost` are transactions that
    ended by evidence, whose stops may still come. `clock_ms` is the offset of its clock (None: unknown);
    `clock_doubtful`: by its clock a lease may end late, so that it counts until current is measured. `in_watts`: it
    takes limits in W only; from `divides_from_ma` on (of all phases together) it is proven to divide them by its
    phases, `undivided`: it was seen not to. `lease_replaces_failsafe`: its lease took the place of the fail-safe
    limit, and ends with its time or when that limit is put back, not with its transaction. `signed`: how many signed
    values of each transaction it has sent.
    """

    outlet: Outlet
    connection_id: str = ""
    gateway_id: str = ""
    epoch: int = 0
    reconnected_ms: int | None = None
    connected: bool = False
    firmware: str = ""
    verified: bool = False
    non_compliant: bool = False
    exceeded_ms: tuple[int, ...] = ()
    """When it was found to exceed its limit, within a day of the last time."""
    statuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    generation: int = 0
    failsafe: Failsafe = Failsafe()
    lease: Lease | None = None
    possible: tuple[tuple[int, int], ...] = ()
    transactions: tuple[Transaction, ...] = ()
    permit: Permit | None = None
    pending_start: PendingStart | None = None
    commissioning: Commissioning | None = None
    starts: tuple[Start, ...] = ()
    ended: tuple[str, ...] = ()
    lost: tuple[Transaction, ...] = ()
    booted_ms: int = 0
    available_ms: int = 0
    faulted_ms: int | None = None
    status_ms: int = 0
    """When the status of its connector changed, or was requested; or the connection began that may bring it."""
    doubted_ms: int | None = None
    has_left: bool = False
    """Its connector has been Available since then, so the transaction's car is gone, whatever is plugged in now."""
    preparing_ms: int | None = None
    """When its connector was last Preparing in the transaction, and nothing has shown since that this goes on."""
    other_card_ms: int | None = None
    """When a card of another car was last presented in the transaction, and nothing has shown since that it goes on."""
    unnamed_stop_ms: int | None = None
    """When a stop came in the transaction that may be its own, and nothing has shown since that it goes on."""
    uncertain: Uncertain | None = None
    probed_ms: int | None = None
    trigger_id: str = ""
    triggered_ms: int = 0
    can_trigger: bool = True
    exceeds_rating: bool = False
    refused_ms: dict[str, int] = field(default_factory=dict)
    clock_ms: int | None = None
    clock_doubtful: bool = False
    in_watts: bool = False
    divides_from_ma: int | None = None
    undivided: bool = False
    lease_replaces_failsafe: bool = False
    signed: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.outlet.id

    @property
    def transaction(self) -> Transaction | None:
        """The one that the lease is for: the newest of its own connector, else of one that was never registered."""
        own = [one for one in self.transactions if self.accepts(one.evse_id)]
        return next(reversed(own or self.transactions), None)

    def strays(self) -> list[Transaction]:
        """Its transactions on connectors that were never registered."""
        return [one for one in self.transactions if not self.accepts(one.evse_id)]

    def knows(self, transaction_id: str) -> bool:
        """Whether a transaction of this id runs there, or was one of the last."""
        return transaction_id in self.ended or any(one.id == transaction_id for one in self.transactions)

    def accepts(self, evse_id: int) -> bool:
        """Whether the connector is the outlet's; another one was never registered."""
        return evse_id == evse_of(self.id)

    @property
    def own_status(self) -> str:
        """The status that its connector reported last; empty: none yet."""
        return self.status_of(evse_of(self.id))

    def status_of(self, evse_id: int) -> str:
        """The status that a connector reported last; empty: none yet."""
        return self.statuses.get(str(evse_id), ("", ""))[0]

    def is_contradicted_by(self, status: str) -> bool:
        """Whether a status of the outlet's connector is evidence that its transaction is over.

        It is Available; or it waits for a start though the charger booted, or a card of another car was presented; or
        it does not go on after a stop that may be the transaction's own.
        """
        if self.transaction is None:
            return False
        if status == "available":
            return True
        if self.unnamed_stop_ms is not None and status in ("preparing", "finishing"):
            return True
        return status == "preparing" and (self.has_rebooted or self.other_card_ms is not None)

    @property
    def has_rebooted(self) -> bool:
        """Whether it booted in its transaction."""
        return self.transaction is not None and self.booted_ms >= self.transaction.started_ms

    def serves_nobody(self) -> bool:
        """Whether it has no transaction, and its connector did not report that it is Available."""
        return not self.transactions and self.own_status != "available"

    def may_hide_start(self, now_ms: int) -> bool:
        """Whether an unreported transaction may run: the charger is offline, or its queue is not empty yet."""
        return not self.connected or (self.reconnected_ms is not None and now_ms < self.reconnected_ms + QUEUE_MS)

    def followed_ma(self, limit_ma: int) -> int:
        """The most that a reading shows where a limit is followed; in W it may be more current at a low voltage."""
        most_ma = limit_ma * 1000 // LOW_VOLTAGE_PERMILLE if self.in_watts else limit_ma
        return most_ma + tolerance_ma(limit_ma)

    def was_ever_connected(self) -> bool:
        return bool(self.connection_id)

    def is_steerable(self) -> bool:
        """Whether limits can be sent now."""
        return self.connected and bool(self.transactions)

    def possible_ma(self, now_ms: int) -> int:
        """The highest lease that may be in force."""
        return max((limit for limit, until_ms in self.possible if not self.has_lapsed(until_ms, now_ms)), default=0)

    def has_lapsed(self, until_ms: int, now_ms: int) -> bool:
        """Whether a lease is over by the charger's clock too. By a clock that is not known it may only begin later."""
        known = self.clock_ms is not None and not self.clock_doubtful
        return known and now_ms >= until_ms + LAPSE_MARGIN_MS

    def failsafe_ma(self, now_ms: int) -> int:
        """What it may fall back to without a lease: its fail-safe limit, or a lease that is in the place of that."""
        installed_ma = self.failsafe.installed_ma
        if installed_ma is None or not self.failsafe.is_trusted(now_ms):
            return self.outlet.max_ma
        return installed_ma if self.lease is not None else max(installed_ma, self.possible_ma(now_ms))

    def is_failed(self) -> bool:
        """Whether the outlet, or its charger as a whole, reports that it can't charge."""
        concerned = (str(WHOLE), str(evse_of(self.id)))
        return any(self.statuses.get(one, ("",))[0] in OUT_OF_SERVICE for one in concerned)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The state by the events of a site's `load` stream.

    `published_*` is the capacity that was published last; since `over_since_ms` the chargers, at their worst, exceed a
    limit.
    """

    site_id: str
    firm_w: int = 0
    nodes: dict[str, Node] = field(default_factory=dict)
    chargers: dict[str, Charger] = field(default_factory=dict)
    failsafe_plan: dict[str, int] = field(default_factory=dict)
    caps: tuple[Cap, ...] = ()
    targets: dict[str, int] = field(default_factory=dict)
    targets_until_ms: int = 0
    published_limits: dict[str, Node] = field(default_factory=dict)
    published_fixed: dict[str, int] = field(default_factory=dict)
    over_since_ms: int | None = None
    alarms: tuple[tuple[str, str | None], ...] = ()

    def is_busy(self) -> bool:
        return any(charger.transactions for charger in self.chargers.values())

    def outlets_of(self, charger_id: str) -> list[Charger]:
        """The outlets of a charger, which may be named by one of them."""
        station = charger_of(charger_id)
        return [charger for charger in self.chargers.values() if charger_of(charger.id) == station]


def with_charger(ledger: Ledger, charger: Charger) -> Ledger:
    """The ledger with a charger that is new, or known as it was before."""
    return replace(ledger, chargers=ledger.chargers | {charger.id: charger})
