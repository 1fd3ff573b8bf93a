"""Where the resources of this version of the contract are, and what an id in a path looks like."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

V1 = "/api/v1"
PathId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
