"""An operator ends the session of an outlet."""

from __future__ import annotations

from commands.quantities import Identifier
from commands.reason import Reason
from commands.request import Request
from domain.records.sites import EndSession


class SessionEnding(Request):
    """End the session that an outlet serves or is held for."""

    reason: Reason
    """For those who read it later; it is stored in the vault."""
    session_id: Identifier | None = None
    """The session that is meant; left out: whichever it is."""

    def command(self, charger_id: str) -> EndSession:
        """The command for an outlet."""
        return EndSession(charger_id=charger_id, session_id=self.session_id)
