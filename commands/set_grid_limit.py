"""Set a grid limit for a site."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints, ValidationInfo, field_validator

from commands.quantities import Instant, Kilowatts, round_down
from commands.request import Request
from domain.records.load import SetGridLimit

CODES = ("operator", "utility", "maintenance", "test")
OTHER = "operator"


class GridLimitRequest(Request):
    """A limit of a site's load."""

    field_names: ClassVar[dict[str, str]] = {
        "limit_w": "limit_kw",
        "starts_ms": "starts_at",
        "ends_ms": "ends_at",
        "reason_code": "reason",
    }

    limit_kw: Kilowatts
    starts_at: Instant | None = None
    """Left out: now."""
    ends_at: Instant | None = None
    """Left out: until a later limit replaces it."""
    reason: Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)] = OTHER
    """`operator`, `utility`, `maintenance`, `test`, or free text, which is stored in the vault."""

    @field_validator("ends_at")
    @classmethod
    def _ends_after_start(cls, ends_ms: int | None, info: ValidationInfo) -> int | None:
        starts_ms = info.data.get("starts_at")
        if ends_ms is not None and starts_ms is not None and ends_ms <= starts_ms:
            raise ValueError("must be after starts_at")
        return ends_ms

    def command(self, cap_id: str) -> SetGridLimit:
        """The command, in W, with a reason code instead of free text."""
        return SetGridLimit(
            cap_id=cap_id,
            limit_w=round_down(self.limit_kw, 1000),
            starts_ms=self.starts_at,
            ends_ms=self.ends_at,
            reason_code=OTHER if self.note() else self.reason,
        )

    def note(self) -> str | None:
        """The reason where it is free text, which may not enter the log."""
        return None if self.reason in CODES else self.reason
