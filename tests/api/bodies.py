"""Bodies for hypothesis: what a route's schema allows, and what comes of it by a mistake or by malice."""

from typing import Any

from hypothesis import strategies as st

Json = Any
TEXT = st.text(max_size=12) | st.sampled_from(["", " ", "\0", "\ud800", "1", "true", "2026-01-01T00:00:00Z", "x" * 600])
NUMBERS = st.integers() | st.floats() | st.sampled_from([-1, 0, 1e308, 10**400, float("nan"), float("inf")])
ANYTHING: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def allowed(schema: dict[str, Any], schemas: dict[str, Any]) -> st.SearchStrategy[Json]:
    """Raises `NotImplementedError` for a schema that it does not know how to follow."""
    match schema:
        case {"$ref": name}:
            return allowed(schemas[name.rpartition("/")[2]], schemas)
        case {"anyOf": options}:
            return st.one_of(allowed(option, schemas) for option in options)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"const": value}:
            return st.just(value)
        case {"type": "number" | "integer" as kind}:
            least, most = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", 1000)
            return st.integers(int(least), int(most)) | (st.floats(least, most) if kind == "number" else st.nothing())
        case {"type": "string", "format": "date-time"}:
            return st.sampled_from(["2026-09-21T14:00:00Z", "2026-09-22T00:00:00+02:00"])
        case {"type": "string", "pattern": pattern}:
            return st.from_regex(pattern)
        case {"type": "string"}:
            return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 12))
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
        case {"type": "array", "items": item}:
            least = schema.get("minItems", 0)
            return st.lists(allowed(item, schemas), min_size=least, max_size=min(schema.get("maxItems", 3), least + 2))
        case {"type": "object", "patternProperties": entries}:
            ((name, entry),) = entries.items()
            return st.dictionaries(st.from_regex(name), allowed(entry, schemas), max_size=2)
        case {"type": "object", "properties": properties}:
            fields = {name: allowed(field, schemas) for name, field in properties.items()}
            required = {name: fields.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(required, optional=fields)
    raise NotImplementedError(f"no bodies of {schema}")


@st.composite
def mutated(draw: st.DrawFn, good: st.SearchStrategy[Json]) -> Json:
    """A good body in which one thing, however deep, was replaced, dropped or added."""
    body = draw(good)
    place = body
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        match draw(st.sampled_from(["replace", "drop", "add"])):
            case "replace":
                place[key] = draw(ANYTHING)
            case "drop":
                del place[key]
            case "add" if isinstance(place, dict):
                place[draw(TEXT)] = draw(ANYTHING)
            case "add":
                place.append(draw(ANYTHING))
        return body
    return draw(ANYTHING)


def thrown(schema: dict[str, Any] | None, schemas: dict[str, Any]) -> st.SearchStrategy[Json]:
    """What is thrown at a route; one that takes no body gets anything."""
    if schema is None:
        return ANYTHING
    good = allowed(schema, schemas)
    return good | mutated(good) | ANYTHING
