"""The shape of a JSON Schema, without the names and descriptions that come from the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

DEFINITIONS = "#/$defs/"
DATA = ("const", "default", "enum", "examples")
"""Keywords that contain values, not schemas."""
WORDS = ("title", "description", "$defs", "mapping")
"""Keywords that add nothing to the shape: class names, docstrings, and references to them."""


def shape(schema: Mapping[str, Any]) -> bytes:
    """A JSON Schema (as pydantic generates it) as canonical JSON, without titles, descriptions and names of classes.

    Each `$ref` is replaced by its definition, or within that definition by the number of levels up. Two types with the
    same shape read everything that the other wrote, into the same fields.
    """
    return orjson.dumps(_plain(schema, schema.get("$defs", {}), ()), option=orjson.OPT_SORT_KEYS)


def _plain(part: Any, definitions: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_plain(each, definitions, within) for each in part]
    if not isinstance(part, Mapping):
        return part
    plain: dict[str, Any] = {}
    for keyword, value in part.items():
        if keyword in WORDS:
            continue
        if keyword == "$ref":
            plain[keyword] = _referred(value.removeprefix(DEFINITIONS), definitions, within)
        elif keyword == "properties":
            plain[keyword] = {name: _plain(field, definitions, within) for name, field in value.items()}
        elif keyword == "required":
            plain[keyword] = sorted(value)
        else:
            plain[keyword] = value if keyword in DATA else _plain(value, definitions, within)
    return plain


def _referred(name: str, definitions: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if name in within:
        return within.index(name)
    return _plain(definitions[name], definitions, (name, *within))
