"""The reason that a person gives for a request."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

Reason = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
"""Free text: it is stored in the vault, never in the log."""
