"""Cards."""

from __future__ import annotations

from typing import Any

from commands.ports.directory import CardChange
from commands.quantities import rfc3339

SHOWN = 4


def card_view(card_id: str, token: str | None, change: CardChange, now_ms: int) -> dict[str, Any]:
    """A card, by the last characters of its token."""
    state = change.state(now_ms)
    return {
        "id": card_id,
        "token_ends_with": None if token is None else token[-min(SHOWN, len(token) // 2) :],
        "state": "active" if state == "valid" else state,
        "expires_at": rfc3339(change.expires_ms),
    }
