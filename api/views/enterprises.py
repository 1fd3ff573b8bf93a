"""Enterprises."""

from __future__ import annotations

from typing import Any

from commands.ports.vault import EnterpriseNames
from commands.quantities import rfc3339
from projections.projection import Row


def enterprise_view(row: Row, names: EnterpriseNames | None) -> dict[str, Any]:
    """An enterprise; `names` None: erased."""
    return {
        "id": row["id"],
        "name": names and names.name,
        "type": row["type"],
        "verification_status": row["verification_status"],
        "domain": names and names.domain,
        "daily_grants": row["daily_grants"],
        "created_at": rfc3339(row["created_at_ms"]),
    }
