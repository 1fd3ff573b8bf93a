"""The observations of the kernel: the newest meter values. What is not observed yet counts at its worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.electrical.grid import Outlet
from domain.electrical.outlet_id import outlet_of
from domain.load_control.ledger import Charger, Ledger, Transaction
from domain.load_control.parameters import SETTLE_MS, tolerance_ma
from domain.records import Record
from domain.records.observations import Metered, TransactionStop


@dataclass(frozen=True, slots=True)
class Meter:
    """The newest fresh reading of a charger, mA of its highest phase.

    `before_ma` was the last one before the limit was lowered at `lowered_ms`. Since `above_since_ms` every reading has
    exceeded what the charger may draw.
    """

    current_ma: int
    at_ms: int
    previous_ma: int = 0
    before_ma: int | None = None
    lowered_ms: int | None = None
    above_since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Meters:
    """The newest readings of a site's chargers, by their ids. `since_ms`: nothing from before is known."""

    since_ms: int = 0
    of: dict[str, Meter] = field(default_factory=dict)

    def forget(self, charger_id: str) -> Meters:
        """The meters without what was measured of a transaction that is over."""
        if charger_id not in self.of:
            return self
        return replace(self, of={other: meter for other, meter in self.of.items() if other != charger_id})


def current_ma(outlet: Outlet, reading: Metered) -> int | None:
    """The highest phase current; from power, spread over all phases, where the charger reports only that."""
    if reading.current_ma is not None:
        return max(reading.current_ma)
    if reading.power_w is not None:
        return -(-reading.power_w * 1_000_000 // (outlet.voltage_mv * len(outlet.phases)))
    return None


def observe(ledger: Ledger, meters: Meters, given: Record) -> Meters:
    """The meters after an input."""
    if meters.since_ms == 0:
        meters = replace(meters, since_ms=given.time)
    match given.data:
        case Metered():
            charger = metered_outlet(ledger, given.data)
            return meters if charger is None else _observe_reading(charger, meters, given.data, given.time)
        case TransactionStop():
            return _forget_stopped(ledger, meters, given.data)
    return meters


def metered_outlet(ledger: Ledger, reading: Metered) -> Charger | None:
    """The outlet that a reading is of. None: it is of the charger as a whole, or of a connector that is unknown."""
    found = outlet_of(ledger.chargers, reading.charger_id, reading.connector_id)
    return None if found is None else ledger.chargers[found]


def _forget_stopped(ledger: Ledger, meters: Meters, stop: TransactionStop) -> Meters:
    """A charger meters its transactions only: what it drew is over with the last of them."""
    stopped = stopped_transaction(ledger.outlets_of(stop.charger_id), stop)
    if stopped is None or len(stopped[0].transactions) != 1:
        return meters
    return meters.forget(stopped[0].id)


def stopped_transaction(outlets: Sequence[Charger], stop: TransactionStop) -> tuple[Charger, Transaction] | None:
    """The open transaction that a stop is of, and its outlet: where it names none that can be read, the only one."""
    running = [(charger, transaction) for charger in outlets for transaction in charger.transactions]
    if "transaction_id" in stop.unreadable:
        return running[0] if len(running) == 1 else None
    return next(((charger, one) for charger, one in running if one.id == stop.transaction_id), None)


def _observe_reading(charger: Charger, meters: Meters, reading: Metered, now_ms: int) -> Meters:
    """The meters after a reading. One of an outage, or of a transaction that is over, is history."""
    measured_ma = current_ma(charger.outlet, reading)
    if not reading.fresh or measured_ma is None or reading.transaction_id in charger.ended:
        return meters
    before = meters.of.get(charger.id)
    lowered_ms = charger.lease.lowered_ms if charger.lease else None
    after = Meter(
        current_ma=measured_ma,
        at_ms=now_ms,
        previous_ma=before.current_ma if before else 0,
        before_ma=_before_decrease_ma(before, lowered_ms),
        lowered_ms=lowered_ms,
        above_since_ms=_above_since_ms(charger, before, measured_ma, now_ms),
    )
    return replace(meters, of=meters.of | {charger.id: after})


def _before_decrease_ma(before: Meter | None, lowered_ms: int | None) -> int | None:
    if before is None or lowered_ms is None:
        return None
    if before.at_ms <= lowered_ms:
        return before.current_ma
    return before.before_ma if before.lowered_ms == lowered_ms else None


def _above_since_ms(charger: Charger, before: Meter | None, measured_ma: int, now_ms: int) -> int | None:
    bound_ma, bound_since_ms = allowed_ma(charger, now_ms)
    if measured_ma <= bound_ma + tolerance_ma(bound_ma):
        return None
    since_ms = before.above_since_ms if before else None
    return since_ms if since_ms is not None and since_ms >= bound_since_ms else now_ms


def allowed_ma(charger: Charger, now_ms: int) -> tuple[int, int]:
    """The most that a compliant charger draws after what it accepted, and since when that is so."""
    lease = charger.lease
    if lease is not None and lease.ask.accepted_ms is not None and not lease.ask.repeat:
        settled_ms = lease.ask.accepted_ms + SETTLE_MS
        if settled_ms <= now_ms < lease.valid_until_ms:
            return lease.limit_ma, settled_ms
    return max(charger.possible_ma(now_ms), charger.failsafe_ma(now_ms)), 0
