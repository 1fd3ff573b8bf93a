"""Permissions: one table for every route, page and stream."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from typing import Literal

from domain.records.registry import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: an account, or an enterprise's integration (`enterprise_id` None: the platform operator's)."""

    id: str
    role: Role | Literal["integration"]
    enterprise_id: str | None = None


@dataclass(frozen=True, slots=True)
class Belongs:
    """The owner of a thing: an account, an enterprise, both, or only the operators."""

    owner_id: str | None = None
    enterprise_id: str | None = None


NOBODY = Belongs()


class Allowed(Flag):
    """The roles that may do an action; of the last three only those that the thing belongs to."""

    OPERATORS = auto()
    ACCOUNTS = auto()
    """Everybody who has logged in."""
    OWNER = auto()
    ENTERPRISE = auto()
    """The administrators of its enterprise."""
    INTEGRATION = auto()
    """The integration of its enterprise, and one of the platform's operator."""


PEOPLE = Allowed.OPERATORS | Allowed.OWNER | Allowed.ENTERPRISE

ACTIONS: dict[str, Allowed] = {
    "site.register": Allowed.OPERATORS,
    "site.limit": Allowed.OPERATORS,
    "site.see": Allowed.ACCOUNTS,
    "site.alarms": Allowed.OPERATORS,
    "site.decisions": Allowed.OPERATORS,
    "charger.register": Allowed.OPERATORS,
    "charger.see": Allowed.OPERATORS,
    "charger.command": Allowed.OPERATORS,
    "vehicle.register": PEOPLE,
    "vehicle.enrol": Allowed.OPERATORS | Allowed.ENTERPRISE,
    "vehicle.see": PEOPLE,
    "vehicle.list": Allowed.ACCOUNTS,
    "card.see": PEOPLE,
    "card.change": PEOPLE,
    "vehicle.report": PEOPLE | Allowed.INTEGRATION,
    "session.request": PEOPLE,
    "session.see": PEOPLE,
    "session.change": PEOPLE,
    "session.review": PEOPLE,
    "session.decide_review": Allowed.OPERATORS,
    "audit.list": Allowed.ACCOUNTS,
    "user.register": Allowed.OPERATORS,
    "user.list": Allowed.OPERATORS,
    "user.see_self": Allowed.ACCOUNTS,
    "user.notify_self": Allowed.ACCOUNTS,
    "enterprise.register": Allowed.OPERATORS,
    "enterprise.approve": Allowed.OPERATORS,
    "enterprise.see": Allowed.OPERATORS | Allowed.ENTERPRISE,
    "enterprise.list": Allowed.OPERATORS,
    "enterprise.integrate": Allowed.OPERATORS | Allowed.ENTERPRISE,
    "platform.integrate": Allowed.OPERATORS,
    "events.see_all": Allowed.OPERATORS,
    "events.see": PEOPLE,
}


def allows(principal: Principal, action: str, thing: Belongs = NOBODY) -> bool:
    """Whether `principal` may do `action` to a thing. Raises `KeyError` for an action that is not in the table."""
    allowed = ACTIONS[action]
    match principal.role:
        case "operator":
            return bool(allowed & (Allowed.OPERATORS | Allowed.ACCOUNTS))
        case "integration":
            of_it = principal.enterprise_id in (None, thing.enterprise_id)
            return Allowed.INTEGRATION in allowed and of_it
        case "driver":
            return Allowed.ACCOUNTS in allowed or (Allowed.OWNER in allowed and thing.owner_id == principal.id)
        case "enterprise_admin":
            owns = Allowed.OWNER in allowed and thing.owner_id == principal.id
            of_it = principal.enterprise_id is not None and thing.enterprise_id == principal.enterprise_id
            return Allowed.ACCOUNTS in allowed or owns or (Allowed.ENTERPRISE in allowed and of_it)
