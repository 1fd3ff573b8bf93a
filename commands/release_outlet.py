"""An operator releases an outlet."""

from __future__ import annotations

from commands.reason import Reason
from commands.request import Request
from domain.records.sites import ReleaseOutlet


class ReleaseRequest(Request):
    """Release an outlet from the session that it is held for, or from a car that stayed."""

    reason: Reason
    """For those who read it later; it is stored in the vault."""

    def command(self, charger_id: str) -> ReleaseOutlet:
        """The command for an outlet."""
        return ReleaseOutlet(charger_id=charger_id)
