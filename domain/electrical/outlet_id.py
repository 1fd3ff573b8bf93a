"""The ids of outlets. A charger with one connector is its own outlet; of several, each connector has an outlet.

The outlet of connector 2 of the charger `cp1` is `cp1:2`. A charger's id has no colon, so an outlet's id names both.
OCPP 1.6 calls an outlet a connector, OCPP 2 an EVSE; its connector 0 is the charger as a whole.
"""

from __future__ import annotations

from collections.abc import Container

SEPARATOR = ":"
WHOLE = 0
"""The connector id that stands for the charger as a whole."""
ONLY = 1
"""The connector of a charger that has just one."""


def outlet_id(charger_id: str, evse_id: int, *, alone: bool) -> str:
    """The id of a connector's outlet; `alone`: the charger has no other."""
    return charger_id if alone else f"{charger_id}{SEPARATOR}{evse_id}"


def charger_of(outlet: str) -> str:
    """The charger that an outlet belongs to. A charger's own id stays as it is."""
    return outlet.partition(SEPARATOR)[0]


def evse_of(outlet: str) -> int:
    """The connector of an outlet."""
    number = outlet.partition(SEPARATOR)[2]
    return int(number) if number else ONLY


def outlet_of(known: Container[str], charger_id: str, evse_id: int) -> str | None:
    """The outlet, of those that are `known`, that a report of a connector is about; None: it is about none of them.

    A report names the charger or the outlet itself. One of the whole charger, or of a connector that was never
    registered, is about no outlet.
    """
    named = charger_id if charger_id in known else outlet_id(charger_id, evse_id, alone=False)
    return named if named in known and evse_of(named) == evse_id else None
