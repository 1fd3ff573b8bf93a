"""A panel: a part of a site's page that is rendered by itself, and again when its content has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from api.web.shared.rest import Rest
from domain.registry.access import Principal

Values = dict[str, Any]


def everybody(_: Principal) -> bool:
    """For panels that every role sees."""
    return True


@dataclass(frozen=True, slots=True)
class Panel:
    """`values` gets from the REST API what the template shows of a site; `shown_to`: who sees the panel."""

    name: str
    template: str
    values: Callable[[Rest, str, Principal], Awaitable[Values]]
    shown_to: Callable[[Principal], bool] = everybody
