"""The ownership of a charger: of all sockets that authenticated as it, the newest speaks for it.

The order of the log determines which that is, so all gateways agree. What an older socket still reports comes after
the newer one's connect; a charger that has left it never got the answer, and reports what matters again.
"""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.load_control.desired import Owner
from domain.load_control.ledger import Charger
from domain.records.observations import Metered, ProfileAnswer, Status, TransactionStart, connection_of

RULE = "load_control.ownership.v1"
OwnerOnly = Status | TransactionStart | Metered | ProfileAnswer
"""Reports of how the charger is now. A boot only adds doubt, a stop names its transaction, an answer its command: these
count, whatever the socket."""


def owner(charger: Charger) -> Owner | None:
    """The socket that speaks for a charger; None while it is not connected."""
    return Owner(charger.gateway_id, charger.connection_id, charger.epoch) if charger.connected else None


def connected_gateway(charger: Charger) -> str:
    """The gateway that it is connected to; empty while it is not connected."""
    return charger.gateway_id if charger.connected else ""


def refuse_older_socket(context: KernelContext) -> None:
    """Raises `DomainError` for what only a charger's newest socket may report, where another one reports it."""
    given = context.given
    socket = connection_of(given.source)
    if not socket or not isinstance(given.data, OwnerOnly):
        return
    if any(socket != charger.connection_id for charger in context.ledger.outlets_of(given.data.charger_id)):
        raise DomainError("a newer socket speaks for this charger", field="source", rule=RULE)
