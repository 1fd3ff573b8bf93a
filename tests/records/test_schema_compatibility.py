"""What may change about a record type, and what may not. Each test: given an old schema, when it changes, then ..."""

from copy import deepcopy
from typing import Any, Literal

import pytest
from pydantic import Field, create_model

from domain.records import Payload
from services.cli import schemas
from tests.records.schema_compatibility import incompatible_changes


class Part(Payload):
    name: str


class Fewer(Payload):
    pass


class WithMore(Payload):
    name: str
    size: int = 0


def changes(old: Any, new: Any) -> list[str]:
    """Given a field declared as `old`, when it is declared as `new` (None: is not there), then ..."""

    def schema(field: Any) -> dict[str, Any]:
        declared = field if isinstance(field, tuple) else (field, ...)
        fields = {} if field is None else {"limit": declared}
        return create_model("Thing", __base__=Payload, **fields).model_json_schema()

    return incompatible_changes({"thing.v1": schema(old)}, {"thing.v1": schema(new)})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (int, None, "limit: the field was removed"),
        (None, int, "limit: is required now, but stored records may lack it"),
        ((int, 0), int, "limit: is required now, but stored records may lack it"),
        ((int, 0), (int, 1), "limit: the default changed from 0 to 1"),
        ((int | None, None), (int | None, 1), "limit: the default changed from None to 1"),
        (int, str, "limit: the type changed from integer to string"),
        (float, int, "limit: the type changed"),
        (int, str | None, "limit: can no longer be integer"),
        (int | None, int, "limit: can no longer be null"),
        (int | str, int, "limit: can no longer be string"),
        (Literal["a", "b", "c"], Literal["a", "b"], "limit: no longer allows c"),
        (Literal["a", "b"], Literal["b"], "limit: no longer allows a"),
        (Literal["a", "b", "c"] | None, Literal["a", "b"] | None, "limit: no longer allows c"),
        (str, Literal["a"], "limit: no longer allows any other value"),
        (tuple[int, ...], tuple[str, ...], "limit[*]: the type changed from integer to string"),
        (tuple[int, ...], tuple[int, int], "limit: had 0 elements of their own kind, has 2"),
        (tuple[int, int], tuple[int, str], "limit[1]: the type changed from integer to string"),
        (tuple[int, int, int], tuple[int, int], "limit: had 3 elements of their own kind, has 2"),
        (dict[str, int], dict[str, bool], "limit[*]: the type changed from integer to boolean"),
        (dict[str, int], Part, "limit: the entries that it may have were restricted"),
        (Part, Fewer, "limit.name: the field was removed"),
        (tuple[Part, ...], tuple[Fewer, ...], "limit[*].name: the field was removed"),
        (Part | None, Fewer | None, "limit.name: the field was removed"),
        (Fewer, Part, "limit.name: is required now"),
        (int, (int, Field(ge=0)), "limit: minimum changed from nothing to 0"),
        ((int, Field(ge=0)), (int, Field(ge=1)), "limit: minimum changed from 0 to 1"),
        ((int, Field(le=9)), (int, Field(le=8)), "limit: maximum changed from 9 to 8"),
        (str, (str, Field(pattern="^a")), "limit: pattern changed from nothing to ^a"),
    ],
)
def test_a_narrower_schema_is_incompatible(old: Any, new: Any, said: str) -> None:
    found = changes(old, new)

    assert any(line.startswith(f"thing.v1.{said}") for line in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, (int, 0)),
        (None, (Part | None, None)),
        (int, (int, 0)),
        (int, int | None),
        (int, float),
        (int | None, str | int | None),
        (Literal["a"], Literal["a", "b"]),
        (Literal["a", "b"], Literal["a", "b", "c"]),
        (Literal["a", "b"], str),
        (tuple[int, ...], tuple[int | None, ...]),
        (tuple[int, int], tuple[int, float]),
        (dict[str, int], dict[str, int | str]),
        (Part, WithMore),
        (Part | None, WithMore | None),
        (tuple[Part, ...], tuple[WithMore, ...]),
        ((int, Field(ge=1, le=8)), (int, Field(ge=0, le=9))),
        ((int, Field(ge=1)), int),
        ((int, Field(description="before")), (int, Field(description="after"))),
    ],
)
def test_a_wider_schema_is_compatible(old: Any, new: Any) -> None:
    assert changes(old, new) == []


def test_a_removed_type_is_incompatible() -> None:
    assert incompatible_changes({"a.v1": {}, "b.v1": {}}, {"a.v1": {}}) == ["b.v1: the type was removed"]


def test_a_new_type_is_compatible() -> None:
    assert incompatible_changes({"a.v1": {}}, {"a.v1": {}, "b.v1": {}}) == []


def test_the_same_schemas_are_compatible() -> None:
    assert incompatible_changes(schemas.generated(), deepcopy(schemas.generated())) == []


@pytest.mark.parametrize("name", schemas.generated())
def test_no_field_of_any_type_changes_unnoticed(name: str) -> None:
    """Given the real schemas, when one field goes, or is of another type, or is required out of the blue, then ..."""
    real = schemas.generated()[name]
    for field in real["properties"]:
        others = {key: value for key, value in real["properties"].items() if key != field}
        required = [other for other in real.get("required", ()) if other != field]
        without = real | {"properties": others, "required": required}
        retyped = real | {"properties": others | {field: {"type": "of another kind"}}}

        assert f"{name}.{field}: the field was removed" in incompatible_changes({name: real}, {name: without})
        assert any(line.startswith(f"{name}.{field}: ") for line in incompatible_changes({name: real}, {name: retyped}))
        if field in real["required"]:
            assert any("is required now" in line for line in incompatible_changes({name: without}, {name: real}))
