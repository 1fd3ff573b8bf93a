"""Values that a JSON Schema allows, for hypothesis: of the keywords that the schemas of records use."""

from typing import Any

from hypothesis import strategies as st

LARGEST = 2**53 - 1
"""What every reader of JSON keeps exactly (RFC 8785)."""
ASCII = st.text(st.characters(max_codepoint=127), max_size=8)


def samples(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Raises `NotImplementedError` for a schema that it does not know how to follow."""
    match schema:
        case {"$ref": name}:
            return samples(definitions[name.removeprefix("#/$defs/")], definitions)
        case {"anyOf": options}:
            return st.one_of(samples(option, definitions) for option in options)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"const": value}:
            return st.just(value)
        case {"type": "integer"}:
            return st.integers(-LARGEST, LARGEST)
        case {"type": "string"}:
            return st.text(max_size=8)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
        case {"type": "array", "prefixItems": items}:
            return st.tuples(*(samples(item, definitions) for item in items)).map(list)
        case {"type": "array", "items": item}:
            return st.lists(samples(item, definitions), max_size=3)
        case {"type": "object", "additionalProperties": False}:
            fields = {name: samples(field, definitions) for name, field in schema.get("properties", {}).items()}
            required = {name: fields.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(required, optional=fields)
        case {"type": "object", "additionalProperties": entry}:
            return st.dictionaries(ASCII, samples(entry, definitions), max_size=3)
    raise NotImplementedError(f"no samples of {schema}")
