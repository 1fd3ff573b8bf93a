"""Users and their notification channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.quantities import rfc3339
from projections.projection import Row


def user_view(row: Row, email: str | None) -> dict[str, Any]:
    """A user; `email` None: erased."""
    return {
        "id": row["id"],
        "role": row["role"],
        "enterprise_id": row["enterprise_id"],
        "email": email,
        "created_at": rfc3339(row["created_at_ms"]),
    }


def channels_view(urls: Mapping[str, str]) -> dict[str, Any]:
    """Notification channels by id, each with its service and without its address."""
    return {"channels": [{"id": channel_id, "service": url.partition("://")[0]} for channel_id, url in urls.items()]}
