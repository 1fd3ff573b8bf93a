"""An unverified charger is brought into service on a small test load, so that its physical maximum need not fit."""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.load_control.parameters import MAX_COMMISSIONING_MS, VERIFICATION_STEP_MA
from domain.records.load import CommissionCharger, CommissioningOpened

RULE = "load_control.commissioning.v1"


def open_commissioning(context: KernelContext, command: CommissionCharger) -> None:
    """Count the charger at its test load until then. Raises `DomainError` for a load too low to verify by."""
    charger = context.charger(command.charger_id)
    least_ma = charger.outlet.min_ma + VERIFICATION_STEP_MA
    if not least_ma <= command.test_load_ma <= charger.outlet.max_ma:
        reason = f"must lie in {least_ma} mA to {charger.outlet.max_ma} mA, so that a decrease can be seen"
        raise DomainError(reason, field="test_load_ma", rule=RULE)
    if not context.now_ms < command.expires_ms <= context.now_ms + MAX_COMMISSIONING_MS:
        raise DomainError("must lie within the next 7 days", field="expires_ms", rule=RULE)
    context.add(
        CommissioningOpened(charger_id=charger.id, test_load_ma=command.test_load_ma, expires_ms=command.expires_ms)
    )
