"""Identity: an id belongs to what was registered under it first."""

from __future__ import annotations

from domain.errors import DomainError

RULE = "registry.register.v1"


def check_free(events: int) -> None:
    """Raise `DomainError` unless the id has no `events` yet."""
    if events:
        raise DomainError("this id is taken", field="id", rule=RULE)
