"""What all shapes have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """An answer's JSON. The docstring below a field is its description in the OpenAPI document."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Named(Shape):
    """What was registered."""

    id: str


Share = Annotated[float, Field(ge=0, le=1)]
Tier = Annotated[int, Field(ge=0, le=2)]
"""0: emergency, 1: fleet or granted review, 2: everybody."""
