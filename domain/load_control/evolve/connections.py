"""The ledger after a charger connected, disconnected, booted, or changed its status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from domain.electrical.clock import EXACT_MS
from domain.electrical.outlet_id import WHOLE
from domain.load_control.evolve.possible_limits import on_failsafe
from domain.load_control.ledger import GOES_ON, Charger, Ledger, with_charger
from domain.load_control.verification import firmware_of
from domain.records import Payload, load


def _connected(charger: Charger, event: load.ChargerConnected, time_ms: int) -> Charger:
    reconnected_ms = time_ms if charger.was_ever_connected() else None
    return replace(
        _with_profiles_in_doubt(charger, time_ms),
        connected=True,
        connection_id=event.connection_id,
        gateway_id=event.gateway_id,
        epoch=event.epoch,
        reconnected_ms=reconnected_ms,
        status_ms=time_ms,
    )


def _disconnected(charger: Charger, _: load.ChargerDisconnected, __: int) -> Charger:
    return replace(charger, connected=False)


def _booted(charger: Charger, event: load.ChargerBooted, time_ms: int) -> Charger:
    same = charger.firmware == firmware_of(event)
    charger = replace(
        _with_profiles_in_doubt(charger, time_ms),
        firmware=firmware_of(event),
        can_trigger=True,
        divides_from_ma=charger.divides_from_ma if same else None,
        undivided=charger.undivided and same,
        booted_ms=time_ms,
    )
    charger = _with_strays(charger, None, time_ms)
    doubted_ms = time_ms if charger.failsafe.doubted_ms is None else charger.failsafe.doubted_ms
    return replace(charger, failsafe=replace(charger.failsafe, doubted_ms=doubted_ms))


def _with_profiles_in_doubt(charger: Charger, time_ms: int) -> Charger:
    failsafe = replace(charger.failsafe, ask=replace(charger.failsafe.ask, repeat=True, failures=0))
    lease = charger.lease and replace(charger.lease, ask=replace(charger.lease.ask, repeat=True, failures=0))
    return on_failsafe(replace(charger, failsafe=failsafe, lease=lease), time_ms)


def _status_changed(charger: Charger, event: load.ChargerStatusChanged, time_ms: int) -> Charger:
    statuses = charger.statuses | {str(event.evse_id): (event.status, event.error_code)}
    concerned = event.evse_id == WHOLE or charger.accepts(event.evse_id)
    was_faulted = charger.statuses.get(str(event.evse_id), ("", ""))[0] == "faulted"
    faulted = concerned and (was_faulted or event.status == "faulted")
    charger = replace(charger, statuses=statuses, faulted_ms=time_ms if faulted else charger.faulted_ms)
    if not charger.accepts(event.evse_id):
        if event.status == "available":
            return _with_strays(charger, event.evse_id, time_ms)
        return _with_strays(charger, event.evse_id, None) if event.status in GOES_ON else charger
    is_over, goes_on = charger.is_contradicted_by(event.status), event.status in GOES_ON
    is_new = is_over and (charger.doubted_ms is None or event.status == "available")
    since_ms = time_ms if is_new else charger.doubted_ms
    left = is_over and (event.status == "available" or not charger.has_rebooted)
    waits = event.status == "preparing" and bool(charger.transactions)
    return replace(
        charger,
        status_ms=time_ms,
        doubted_ms=None if goes_on else since_ms,
        has_left=not goes_on and (charger.has_left or left),
        preparing_ms=None if goes_on else time_ms if waits else charger.preparing_ms,
        other_card_ms=None if goes_on else charger.other_card_ms,
        unnamed_stop_ms=None if goes_on else charger.unnamed_stop_ms,
        uncertain=None if event.status == "available" else charger.uncertain,
        available_ms=time_ms if event.status == "available" and not charger.transactions else charger.available_ms,
    )


def _with_strays(charger: Charger, evse_id: int | None, doubted_ms: int | None) -> Charger:
    """There is evidence, or none any more, that transactions on unknown connectors are over: on one; None: on all."""
    strays = [one for one in charger.strays() if evse_id in (None, one.evse_id)]
    doubted = tuple(replace(one, doubted_ms=doubted_ms) if one in strays else one for one in charger.transactions)
    return replace(charger, transactions=doubted)


def _token_presented(ledger: Ledger, event: load.TokenPresented, time_ms: int) -> Ledger:
    """A card of another car at an outlet in a transaction that waits for a start: the one before it has left."""
    for charger in ledger.outlets_of(event.charger_id):
        running = charger.transaction
        if running is None or event.token_ref == running.token_ref:
            continue
        if event.vehicle_id is not None and event.vehicle_id == running.vehicle_id:
            continue
        charger = replace(charger, other_card_ms=time_ms)
        if charger.preparing_ms is not None and not charger.has_rebooted:
            since_ms = time_ms if charger.doubted_ms is None else charger.doubted_ms
            charger = replace(charger, doubted_ms=since_ms, has_left=True)
        ledger = with_charger(ledger, charger)
    return ledger


def _clock_learnt(charger: Charger, event: load.ClockLearnt, _: int) -> Charger:
    """The lease is written again for that clock; one that was written for another may outlive it."""
    offset_ms = event.offset_ms
    if offset_ms is None:
        return replace(charger, clock_ms=None)
    moved = abs(offset_ms - (charger.clock_ms or 0)) > EXACT_MS
    lease = charger.lease and replace(charger.lease, ask=replace(charger.lease.ask, repeat=True))
    doubtful = abs(offset_ms) > EXACT_MS or (moved and bool(charger.possible)) or charger.clock_doubtful
    return replace(charger, clock_ms=offset_ms, clock_doubtful=doubtful, lease=lease if moved else charger.lease)


OF_SITE: dict[type[Payload], Callable[[Ledger, Any, int], Ledger]] = {
    load.TokenPresented: _token_presented,
}


OF_CHARGER: dict[type[Payload], Callable[[Charger, Any, int], Charger]] = {
    load.ChargerConnected: _connected,
    load.ChargerDisconnected: _disconnected,
    load.ChargerBooted: _booted,
    load.ChargerStatusChanged: _status_changed,
    load.ClockLearnt: _clock_learnt,
}
