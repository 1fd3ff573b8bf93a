"""An operator closes a transaction that its charger does not end."""

from __future__ import annotations

from pydantic import Field

from commands.reason import Reason
from commands.request import Request
from domain.records.load import CloseTransaction


class TransactionClosing(Request):
    """Close a transaction that is over though its charger does not report it."""

    reason: Reason
    """For those who read it later; it is stored in the vault."""
    transaction_id: str | None = Field(default=None, min_length=1, max_length=36)
    """The transaction that is meant; left out: the one that is open."""

    def command(self, charger_id: str) -> CloseTransaction:
        """The command for an outlet."""
        return CloseTransaction(charger_id=charger_id, transaction_id=self.transaction_id)
