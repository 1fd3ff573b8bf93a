"""The observations of the kernel: the newest meter values, and how far they are believed.

What is not observed yet counts at its worst; what is not believed confirms nothing, and never lowers what is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.electrical import metering, register
from domain.electrical.believing import MARGIN_PERMILLE, Drawn, most_ma, most_wh
from domain.electrical.clock import is_live, measured_ms
from domain.electrical.grid import Outlet
from domain.electrical.metering import Metering
from domain.electrical.outlet_id import charger_of, outlet_of
from domain.electrical.register import STEPS, Moment, RegisterEnergy
from domain.load_control.ledger import Charger, Ledger, Transaction
from domain.load_control.parameters import AFFIRM_MS, SETTLE_MS, TRIGGER_MS, tolerance_ma
from domain.records import Record
from domain.records.observations import Booted, Metered, TransactionStop


@dataclass(frozen=True, slots=True)
class Impossible:
    """A current that the outlet can't carry, by the charger's clock, and since when such values follow one another."""

    current_ma: int
    charger_time_ms: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class Meter:
    """The newest fresh reading of a charger, mA of its highest phase: `current_ma` at the worst, at least `least_ma`.

    `measured_ms`: when it was measured, by our clock. `before_ma` was the last one before the limit was lowered at
    `lowered_ms`. `contradicts`: it exceeded what the charger might draw when it was taken; since `above_since_ms` every
    believed reading has, since `within_since_ms` none. `phases`: what the car of the transaction has been seen to use.
    `reason`: why the reading is refused; then it counts, and proves nothing. `impossible`: it exceeds what the outlet
    can carry; `affirmed`: something else says so too. `possible_ms`: since when readings are possible again.
    `register`: the newest value of the energy register (Wh), and when it came. `total_ma`: the currents of all phases,
    `before_total_ma` those before the limit was lowered; `is_of_one_phase`: by currents, no other phase carries any.
    """

    current_ma: int
    at_ms: int
    measured_ms: int = 0
    previous_ma: int = 0
    before_ma: int | None = None
    lowered_ms: int | None = None
    above_since_ms: int | None = None
    within_since_ms: int | None = None
    least_ma: int = 0
    contradicts: bool = False
    transaction_id: str | None = None
    names_transaction: bool = False
    """Whether the reading itself named the transaction."""
    phases: int = 1
    reason: str = ""
    impossible: Impossible | None = None
    affirmed: bool = False
    possible_ms: int | None = None
    register: tuple[int, int] | None = None
    total_ma: int = 0
    before_total_ma: int | None = None
    is_of_one_phase: bool = False

    @property
    def believed(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Meters:
    """The newest readings of a site's chargers, and what their readings say together, by the chargers' ids.

    `strays`: when a transaction on a connector that was never registered was last metered.
    `clocks`: the offsets that the newest two requested readings showed since a boot. `since_ms`: nothing from
    before is known.
    """

    since_ms: int = 0
    of: dict[str, Meter] = field(default_factory=dict)
    metering: dict[str, Metering] = field(default_factory=dict)
    clocks: dict[str, tuple[int, ...]] = field(default_factory=dict)
    strays: dict[str, int] = field(default_factory=dict)

    def forget(self, charger_id: str) -> Meters:
        """The meters without the current that was measured of a transaction that is over."""
        of = {other: meter for other, meter in self.of.items() if other != charger_id}
        return replace(self, of=of)

    def metered_energy(self, charger_id: str) -> RegisterEnergy | None:
        """The energy of the transaction that was metered last."""
        known = self.metering.get(charger_id)
        return None if known is None else known.energy

    def energy_of(self, charger: Charger, transaction: Transaction) -> RegisterEnergy:
        """The energy of a running transaction so far."""
        known = self.metered_energy(charger.id)
        if known is not None and known.transaction_id == transaction.id:
            return known
        times = (one.charger_time_ms for one in charger.starts if one.transaction_id == transaction.id)
        began = register.began(transaction.started_ms, next(times, 0))
        return register.begin(transaction.id, charger.outlet, transaction.meter_start_wh, began)


def observe(ledger: Ledger, meters: Meters, given: Record) -> Meters:
    """The meters after an input."""
    if meters.since_ms == 0:
        meters = replace(meters, since_ms=given.time)
    match given.data:
        case Metered():
            charger = metered_outlet(ledger, given.data)
            if charger is None:
                return _observe_stray(ledger, meters, given.data, given.time)
            return _observe_reading(charger, meters, given.data, given.time)
        case Booted():
            booted = charger_of(given.data.charger_id)
            return replace(
                meters,
                clocks={other: shown for other, shown in meters.clocks.items() if charger_of(other) != booted},
            )
        case TransactionStop():
            return _forget_stopped(ledger, meters, given.data, given.time)
    return meters


def _observe_stray(ledger: Ledger, meters: Meters, reading: Metered, now_ms: int) -> Meters:
    """A reading of a connector that was never registered shows that the transaction goes on that it names."""
    running = {one.id for charger in ledger.outlets_of(reading.charger_id) for one in charger.strays()}
    if reading.transaction_id not in running or not reading.fresh:
        return meters
    known = {one: at_ms for one, at_ms in meters.strays.items() if one in running}
    return replace(meters, strays=known | {reading.transaction_id or "": now_ms})


def metered_outlet(ledger: Ledger, reading: Metered) -> Charger | None:
    """The outlet that a reading is of. None: it is of the charger as a whole, or of a connector that is unknown."""
    found = outlet_of(ledger.chargers, reading.charger_id, reading.evse_id)
    return None if found is None else ledger.chargers[found]


def _forget_stopped(ledger: Ledger, meters: Meters, stop: TransactionStop, now_ms: int) -> Meters:
    """A charger meters its transactions only: what it drew is over with the last of them."""
    stopped = stopped_transaction(ledger.outlets_of(stop.charger_id), meters, stop, now_ms)
    if stopped is None or len(stopped[0].transactions) != 1:
        return meters
    return meters.forget(stopped[0].id)


def stopped_transaction(
    outlets: Sequence[Charger], meters: Meters, stop: TransactionStop, now_ms: int
) -> tuple[Charger, Transaction] | None:
    """The open transaction that a stop is of, and its outlet: where it names none that can be read, the only one.

    That one must fit the stop's time, since the start of another may have been lost: without a time, and at a charger
    with several outlets, it must fit the stop's meter.
    """
    running = [(charger, transaction) for charger in outlets for transaction in charger.transactions]
    if "transaction_id" not in stop.unreadable:
        return next(((charger, one) for charger, one in running if one.id == stop.transaction_id), None)
    if len(running) != 1:
        return None
    [(charger, transaction)] = running
    if _ended_before(charger, transaction, stop):
        return None
    by_meter = len(outlets) > 1 or "charger_time_ms" in stop.unreadable
    if by_meter and not _continues(meters.energy_of(charger, transaction), charger, stop, now_ms):
        return None
    return charger, transaction


def _ended_before(charger: Charger, transaction: Transaction, stop: TransactionStop) -> bool:
    """Whether the stop is older than the transaction, by the charger's clock."""
    began_ms = next((one.charger_time_ms for one in charger.starts if one.transaction_id == transaction.id), 0)
    return "charger_time_ms" not in stop.unreadable and stop.charger_time_ms < began_ms


def _continues(energy: RegisterEnergy, charger: Charger, stop: TransactionStop, now_ms: int) -> bool:
    """Whether the stop's meter continues the transaction's register."""
    if "meter_stop_wh" in stop.unreadable:
        return False
    last = register.end(energy, charger.outlet, stop.meter_stop_wh, Moment(now_ms, stop.charger_time_ms))
    return last.verdict == "believed"


def concerns(charger: Charger, reading: Metered, now_ms: int) -> bool:
    """Whether a reading of the outlet's connector is of the present, and of its transaction where it names one."""
    lost = {one.id for one in charger.lost}  # the evidence of their ends may have been wrong
    is_over = reading.transaction_id in charger.ended and reading.transaction_id not in lost
    if is_over or not is_live(reading, charger.clock_ms, now_ms):
        return False
    own = [one for one in charger.transactions if charger.accepts(one.evse_id)]
    return not own or any(not reading.transaction_id or one.id == reading.transaction_id for one in own)


def _observe_reading(charger: Charger, meters: Meters, reading: Metered, now_ms: int) -> Meters:
    """The meters after a reading. One of an outage, of another connector or of a transaction that is over is none."""
    if _is_requested(charger, reading, now_ms):
        shown_ms = (*meters.clocks.get(charger.id, ()), now_ms - reading.charger_time_ms)[-2:]
        meters = replace(meters, clocks=meters.clocks | {charger.id: shown_ms})
    if not concerns(charger, reading, now_ms):
        return meters
    known = meters.metering.get(charger.id, Metering())
    after, said = metering.read(
        _metering(charger, meters, known),
        charger.outlet,
        reading,
        Moment(now_ms, reading.charger_time_ms),
        bound_ma=_carried_ma(charger, now_ms),
        restart_ms=_settled_ms(charger),
    )
    if after.energy is None:
        after = replace(after, energy=known.energy)  # of the last transaction, whose stop may be late
    meters = replace(meters, metering=meters.metering | {charger.id: after})
    if said.drawn is None:
        return meters
    meter = _meter(charger, meters.of.get(charger.id), reading, said, after.phases, now_ms)
    return replace(meters, of=meters.of | {charger.id: meter})


def _metering(charger: Charger, meters: Meters, known: Metering) -> Metering:
    """What the readings of the outlet say so far, of its transaction if one runs there alone."""
    transaction_id = charger.transaction.id if charger.transaction else None
    alone = len(charger.transactions) == 1
    energy = meters.energy_of(charger, charger.transactions[0]) if alone else None
    if known.transaction_id != transaction_id:
        return Metering(transaction_id, energy=energy)
    return replace(known, energy=energy)


def _is_requested(charger: Charger, reading: Metered, now_ms: int) -> bool:
    """Whether it answers to a request: it says so, or comes just after one and not from the queue of an outage.

    A charger that can't be asked shows its clock by any reading that does not come from such a queue.
    """
    if reading.transaction_id and reading.transaction_id not in {one.id for one in charger.transactions}:
        return False  # it is not of what was asked for
    if reading.requested:
        return True
    just_now = charger.triggered_ms <= now_ms <= charger.triggered_ms + TRIGGER_MS or not charger.can_trigger
    is_newest = reading.fresh or reading.stale_by_clock
    return just_now and is_newest and not charger.may_hide_start(now_ms)


def _settled_ms(charger: Charger) -> int:
    """From when on the newest limit must be followed."""
    accepted_ms = charger.lease.ask.accepted_ms if charger.lease else None
    return accepted_ms + SETTLE_MS if accepted_ms is not None else 0


def _meter(
    charger: Charger,
    before: Meter | None,
    reading: Metered,
    said: metering.Reading,
    phases: int,
    now_ms: int,
) -> Meter:
    found = said.drawn
    assert found is not None
    transaction_id = charger.transaction.id if charger.transaction else None
    bound_ma, bound_since_ms = allowed_ma(charger, now_ms)
    impossible = _impossible(charger.outlet, before, found, reading, now_ms)
    affirmed = impossible is not None and (
        _is_affirmed(before, impossible, now_ms) or _register_affirms(charger.outlet, before, found, reading, now_ms)
    )
    current_ma = found.most_ma if found.believed or affirmed else _doubted_ma(charger.outlet, before, found)
    lowered_ms = charger.lease.lowered_ms if charger.lease else None
    above = found.least_ma > charger.followed_ma(bound_ma)
    counts_ma = found.least_ma if found.believed else current_ma
    return Meter(
        current_ma=current_ma,
        least_ma=found.least_ma,
        at_ms=now_ms,
        measured_ms=min(said.since.ms, measured_ms(reading, charger.clock_ms, now_ms)),
        previous_ma=before.current_ma if before else 0,
        before_ma=_before_decrease_ma(before, found, lowered_ms),
        lowered_ms=lowered_ms,
        above_since_ms=_above_since_ms(before, found, above, bound_since_ms, now_ms),
        within_since_ms=_within_since_ms(before, found, above, bound_since_ms, now_ms),
        contradicts=counts_ma > bound_ma + tolerance_ma(bound_ma),
        transaction_id=transaction_id,
        names_transaction=transaction_id is not None and reading.transaction_id == transaction_id,
        phases=phases,
        reason=found.reason,
        impossible=impossible,
        affirmed=affirmed,
        possible_ms=_possible_ms(before, found, now_ms),
        register=_register(before, reading, now_ms),
        total_ma=found.total_ma,
        before_total_ma=_before_total_ma(before, lowered_ms),
        is_of_one_phase=found.source == "current" and found.phases == 1 and found.total_ma > 0,
    )


def _carried_ma(charger: Charger, now_ms: int) -> int:
    """The most that a phase carries, whether the newest limit is obeyed or not."""
    if not charger.verified:
        return charger.outlet.max_ma
    return min(charger.outlet.max_ma, max(charger.possible_ma(now_ms), charger.failsafe_ma(now_ms)))


def _impossible(outlet: Outlet, before: Meter | None, found: Drawn, reading: Metered, now_ms: int) -> Impossible | None:
    if found.least_ma <= most_ma(outlet):
        return None
    since_ms = before.impossible.since_ms if before and before.impossible else now_ms
    return Impossible(found.least_ma, reading.charger_time_ms, since_ms)


def _is_affirmed(before: Meter | None, impossible: Impossible, now_ms: int) -> bool:
    """Whether a second reading, measured at another time, says so too. A message that comes again is no second one."""
    if before is None or before.impossible is None or now_ms >= before.at_ms + AFFIRM_MS:
        return False
    return before.affirmed or before.impossible.charger_time_ms != impossible.charger_time_ms


def _register_affirms(outlet: Outlet, before: Meter | None, found: Drawn, reading: Metered, now_ms: int) -> bool:
    """Whether the register gained more since the last reading than the outlet delivers, and no more than it reports."""
    if before is None or before.register is None or reading.energy_wh is None:
        return False
    value_wh, at_ms = before.register
    gain_wh, elapsed_ms = reading.energy_wh - value_wh, now_ms - at_ms
    said_wh = outlet.power_w(found.least_ma) * elapsed_ms * MARGIN_PERMILLE // 3_600_000_000
    return most_wh(outlet, elapsed_ms) + max(STEPS) < gain_wh <= said_wh


def _register(before: Meter | None, reading: Metered, now_ms: int) -> tuple[int, int] | None:
    if reading.energy_wh is not None:
        return reading.energy_wh, now_ms
    return before.register if before else None


def _doubted_ma(outlet: Outlet, before: Meter | None, found: Drawn) -> int:
    """What is not believed counts at the outlet's rating at most, and at no less than the reading before it."""
    return max(min(found.most_ma, outlet.max_ma), before.current_ma if before else 0)


def _possible_ms(before: Meter | None, found: Drawn, now_ms: int) -> int | None:
    if not found.believed:
        return None
    return before.possible_ms if before and before.possible_ms is not None else now_ms


def _before_decrease_ma(before: Meter | None, found: Drawn, lowered_ms: int | None) -> int | None:
    """What it drew before; unknown where that was worked out from its power on fewer phases than now."""
    if before is None or lowered_ms is None or (found.source == "power" and found.phases != before.phases):
        return None
    if before.at_ms <= lowered_ms:
        return before.current_ma if before.believed else None
    return before.before_ma if before.lowered_ms == lowered_ms else None


def _before_total_ma(before: Meter | None, lowered_ms: int | None) -> int | None:
    if before is None or lowered_ms is None:
        return None
    if before.at_ms <= lowered_ms:
        return before.total_ma if before.believed else None
    return before.before_total_ma if before.lowered_ms == lowered_ms else None


def _above_since_ms(before: Meter | None, found: Drawn, above: bool, bound_since_ms: int, now_ms: int) -> int | None:
    """Since when every believed reading exceeds what the charger may draw; a refused one changes nothing."""
    since_ms = before.above_since_ms if before else None
    if not found.believed:
        return since_ms
    if not above:
        return None
    return since_ms if since_ms is not None and since_ms >= bound_since_ms else now_ms


def _within_since_ms(before: Meter | None, found: Drawn, above: bool, bound_since_ms: int, now_ms: int) -> int | None:
    """Since when no believed reading exceeds what the charger accepted; without a limit in force nothing begins."""
    since_ms = before.within_since_ms if before else None
    if not found.believed:
        return since_ms
    if above:
        return None
    return now_ms if since_ms is None and bound_since_ms else since_ms


def allowed_ma(charger: Charger, now_ms: int) -> tuple[int, int]:
    """The most that a compliant charger draws after what it accepted, and since when that is so."""
    lease = charger.lease
    if lease is not None and lease.ask.accepted_ms is not None and not lease.ask.repeat:
        settled_ms = lease.ask.accepted_ms + SETTLE_MS
        if settled_ms <= now_ms < lease.valid_until_ms:
            return lease.limit_ma, settled_ms
    return max(charger.possible_ma(now_ms), charger.failsafe_ma(now_ms)), 0
