"""The limits of what a driver may request, and the energy that it needs."""

from __future__ import annotations

from domain.errors import DomainError

RULE = "session.request.v1"
LONGEST_STAY_MS = 7 * 24 * 3_600_000


def check_request(target_permille: int, soc_permille: int | None, depart_ms: int, now_ms: int) -> None:
    """Raise `DomainError` unless target and level are permille of a battery and the departure lies ahead."""
    if not 0 < target_permille <= 1000:
        raise DomainError("the target must lie above 0 % and at most at 100 %", field="target_soc", rule=RULE)
    if soc_permille is not None and not 0 <= soc_permille <= 1000:
        raise DomainError("the charge level must lie in 0 % to 100 %", field="current_soc", rule=RULE)
    if soc_permille is not None and soc_permille >= target_permille:
        raise DomainError("the car is at its target already", field="target_soc", rule=RULE)
    if depart_ms <= now_ms:
        raise DomainError("the time constraint is over already", field="time_constraint_minutes", rule=RULE)
    if depart_ms - now_ms > LONGEST_STAY_MS:
        raise DomainError("a stay is at most seven days", field="time_constraint_minutes", rule=RULE)


def energy_need_wh(target_permille: int, soc_permille: int | None, battery_wh: int | None) -> int | None:
    """(target - state of charge) x battery in Wh, rounded up; None where a part is unknown: charge until departure."""
    if soc_permille is None or battery_wh is None:
        return None
    return -(-(target_permille - soc_permille) * battery_wh // 1000)
