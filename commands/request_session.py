"""A driver requests a charging session at a site."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from commands.quantities import Identifier, Minutes, Percent, round_down, round_nearest
from commands.request import Request
from domain.records.vehicles import RequestSession


class SessionRequest(Request):
    """A request for a charging session."""

    field_names: ClassVar[dict[str, str]] = {
        "target_permille": "target_soc",
        "level_permille": "current_soc",
        "depart_ms": "time_constraint_minutes",
    }

    vehicle_id: Annotated[str, StringConstraints(strict=True, pattern=r"^[ -~]{1,64}$")]
    """The vehicle's id or VIN."""
    site_id: Identifier | None = None
    """Left out: the best site near the vehicle."""
    target_soc: Percent
    """The requested charge level in %."""
    current_soc: Percent | None = None
    """The present charge level in %."""
    time_constraint_minutes: Minutes
    """The time until the car leaves."""

    def command(self, session_id: str, vehicle_id: str, site_id: str, site_zone: str, now_ms: int) -> RequestSession:
        """The command for the vehicle and the site that were found."""
        return RequestSession(
            session_id=session_id,
            vehicle_id=vehicle_id,
            site_id=site_id,
            target_permille=round_nearest(self.target_soc, 10),
            level_permille=None if self.current_soc is None else round_nearest(self.current_soc, 10),
            depart_ms=now_ms + round_down(self.time_constraint_minutes, 60_000),
            site_zone=site_zone,
        )
