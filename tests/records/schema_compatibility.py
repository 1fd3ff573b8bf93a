"""Whether what was written under an old schema can still be read under a new one: the log is kept for ever.

Additions are fine: a new type, a new optional field, another value of an enumeration, a wider type. Whatever would turn
a stored record away, or make it say something else, needs a new version of the type (`.v2`). The old one is then read
by an upcaster, and its schema is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

SILENT = {"$schema", "$id", "$defs", "$ref", "title", "description"}
"""Keywords that allow and forbid nothing themselves."""
FOLLOWED = {
    "type",
    "enum",
    "const",
    "default",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
}
LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}


def incompatible_changes(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[str]:
    """What would break readers of the log, one line each, naming the type and the field; empty where all is well.

    `old` and `new` map the name of a record type to its JSON Schema, as in `schemas/`.
    """
    removed = [f"{name}: the type was removed" for name in old if name not in new]
    narrowed = [change for name in old if name in new for change in _Comparison(old[name], new[name]).changes(name)]
    return removed + narrowed


class _Comparison:
    """Two versions of one type. Everything a schema does not allow more widely than before, or equally, is a change."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old_definitions = old.get("$defs", {})
        self.new_definitions = new.get("$defs", {})
        self.root = (old, new)

    def changes(self, name: str) -> Iterator[str]:
        return self._changes(name, *self.root)

    def _changes(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        old, new = _resolved(old, self.old_definitions), _resolved(new, self.new_definitions)
        if "default" in old and new.get("default", old["default"]) != old["default"]:
            yield f"{at}: the default changed from {old['default']!r} to {new['default']!r}"
        if "anyOf" not in old and "anyOf" not in new:
            yield from self._alternative(at, old, new)
            return
        options = [_resolved(option, self.new_definitions) for option in _options(new)]
        for option in [_resolved(option, self.old_definitions) for option in _options(old)]:
            tries = [list(self._changes(at, option, other)) for other in options if _types(option) & _types(other)]
            yield from min(tries, key=len, default=[f"{at}: can no longer be {_named(option)}"])

    def _alternative(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        if not _types(old) <= _types(new):
            yield f"{at}: the type changed from {_named(old)} to {_named(new)}"
            return
        yield from _values(at, old, new)
        yield from self._fields(at, old, new)
        yield from self._elements(at, old, new)
        yield from _bounds(at, old, new)

    def _fields(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for field in before:
            if field in after:
                yield from self._changes(f"{at}.{field}", before[field], after[field])
            else:
                yield f"{at}.{field}: the field was removed"
        for field in new.get("required", ()):
            if field not in old.get("required", ()):
                yield f"{at}.{field}: is required now, but stored records may lack it (give it a default)"
        yield from self._rest(at, old.get("additionalProperties", True), new.get("additionalProperties", True))

    def _rest(self, at: str, old: Any, new: Any) -> Iterator[str]:
        """Fields or entries that the schema does not name: allowed (True), forbidden (False), or as a schema says."""
        if old is False or new is True:
            return
        if old is True or new is False:
            yield f"{at}: the entries that it may have were restricted"
            return
        yield from self._changes(f"{at}[*]", old, new)

    def _elements(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        if "array" not in _types(old):
            return
        before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
        if len(before) != len(after):
            yield f"{at}: had {len(before)} elements of their own kind, has {len(after)}"
        for index, (was, now) in enumerate(zip(before, after, strict=False)):
            yield from self._changes(f"{at}[{index}]", was, now)
        yield from self._rest(at, old.get("items", True), new.get("items", True))


def _values(at: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = _enumerated(old), _enumerated(new)
    if after is None:
        return
    lost = ["any other value"] if before is None else [value for value in before if value not in after]
    if lost:
        yield f"{at}: no longer allows {', '.join(map(str, lost))}"


def _enumerated(schema: Schema) -> list[Any] | None:
    """The only values that it allows, where it names them."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _bounds(at: str, old: Schema, new: Schema) -> Iterator[str]:
    for keyword in sorted(new.keys() - SILENT - FOLLOWED):
        was, now = old.get(keyword), new[keyword]
        if keyword in LOWER | UPPER and was is not None:
            tighter = now > was if keyword in LOWER else now < was
        else:
            tighter = now != was
        if tighter:
            yield f"{at}: {keyword} changed from {'nothing' if was is None else was} to {now}"


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Where it points to, with what stands beside the pointer."""
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**definitions[schema["$ref"].removeprefix("#/$defs/")], **beside}
    return schema


def _options(schema: Schema) -> list[Schema]:
    return schema.get("anyOf", [schema])  # type: ignore[no-any-return]


def _types(schema: Schema) -> set[str]:
    """The JSON types that it allows; without a word about them: all."""
    given = schema.get("type", ["array", "boolean", "null", "number", "object", "string"])
    types = {given} if isinstance(given, str) else set(given)
    return types | {"integer"} if "number" in types else types


def _named(schema: Schema) -> str:
    if "anyOf" in schema:
        return " or ".join(map(_named, schema["anyOf"]))
    kind = " or ".join(sorted(_types(schema)))
    return schema.get("title", kind) if kind == "object" else kind
