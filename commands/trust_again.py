"""An operator lets a charger prove anew that it follows its limits."""

from __future__ import annotations

from commands.reason import Reason
from commands.request import Request
from domain.records.load import TrustAgain


class TrustRequest(Request):
    """Give a charger current again, so that it can prove itself."""

    reason: Reason
    """For those who read it later; it is stored in the vault."""

    def command(self, charger_id: str) -> TrustAgain:
        """The command for an outlet."""
        return TrustAgain(charger_id=charger_id)
