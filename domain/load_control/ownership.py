"""Who speaks for a charger: of all sockets that authenticated as it, the one that came last.

The order of the log says which that is, so all gateways agree. What an older socket still says comes after the newer
one's connect; a charger that has left it never got the answer, and says what matters again on the newer one.
"""

from __future__ import annotations

from domain.errors import DomainError
from domain.load_control.context import KernelContext
from domain.load_control.desired import Owner
from domain.load_control.ledger import Charger
from domain.records import Payload
from domain.records.observations import Metered, ProfileAnswer, Status, TransactionStart, connection_of

RULE = "load_control.ownership.v1"
OF_THE_OWNER: tuple[type[Payload], ...] = (Status, TransactionStart, Metered, ProfileAnswer)
"""What tells how the charger is now. A boot only adds doubt, a stop names its transaction, an answer its command: these
count, whatever the socket."""


def owner(charger: Charger) -> Owner | None:
    """The socket that speaks for a charger; None while it is not connected."""
    return Owner(charger.gateway_id, charger.connection_id, charger.epoch) if charger.connected else None


def holder(charger: Charger) -> str:
    """The gateway that holds it; empty while it is not connected."""
    return charger.gateway_id if charger.connected else ""


def refuse_older_socket(context: KernelContext) -> None:
    """Raises `DomainError` for what only a charger's newest socket may say, where another one says it."""
    given = context.given
    said_on = connection_of(given.source)
    if not said_on or not isinstance(given.data, OF_THE_OWNER):
        return
    charger = context.ledger.chargers.get(given.data.charger_id)  # type: ignore[attr-defined]
    if charger is not None and said_on != charger.connection_id:
        raise DomainError("a newer socket speaks for this charger", field="source", rule=RULE)
