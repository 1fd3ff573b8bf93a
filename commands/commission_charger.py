"""Commission a charger: it proves on a small test load that it follows its limits."""

from __future__ import annotations

from typing import ClassVar

from commands.quantities import Amperes, Minutes, round_down, round_up
from commands.request import Request
from domain.records.load import CommissionCharger


class CommissionRequest(Request):
    """The operator confirms that no more than the test load is plugged in there during the test."""

    field_names: ClassVar[dict[str, str]] = {"test_load_ma": "test_load_a", "expires_ms": "minutes"}

    test_load_a: Amperes
    """The test load per phase."""
    minutes: Minutes
    """The length of the test."""

    def command(self, charger_id: str, now_ms: int) -> CommissionCharger:
        """The command; the test expires at the end of the minutes."""
        return CommissionCharger(
            charger_id=charger_id,
            test_load_ma=round_up(self.test_load_a, 1000),
            expires_ms=now_ms + round_down(self.minutes, 60_000),
        )
