"""Tokens that are presented: passed on to `sites` behind what the charger reported before.

Whether a car may start depends on the charger's connection and status, which reach `sites` by way of `load`. A token
takes the same way, so what one socket reports in an order is decided in that order.
"""

from __future__ import annotations

from domain.load_control.context import KernelContext
from domain.records.load import TokenPresented
from domain.records.observations import Authorize


def present(context: KernelContext, presented: Authorize) -> None:
    """Pass a token on. Raises `DomainError` for a charger that is not the site's."""
    context.outlets(presented.charger_id)
    context.add(TokenPresented(**presented.__dict__))
