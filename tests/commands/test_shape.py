"""The shape of what is stored: names of classes and docstrings don't count, whatever is read back does."""

from __future__ import annotations

from dataclasses import field, make_dataclass
from typing import Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from commands.shape import shape


def of(kind: Any) -> bytes:
    return shape(TypeAdapter(kind).json_schema())


def a_charger(name: str = "Charger", doc: str | None = None, **fields: Any) -> type:
    """A dataclass with the usual fields, or other ones; a value is a type, or a type and a default."""
    usual: dict[str, Any] = {
        "id": str,
        "phases": (tuple[int, ...], ()),
        "state": (Literal["free", "busy"], "free"),
        "title": (str | None, None),
    }
    described = [
        (key, kind[0], field(default=kind[1])) if isinstance(kind, tuple) else (key, kind)
        for key, kind in (usual | fields).items()
    ]
    made = make_dataclass(name, described, kw_only=True)
    made.__doc__ = doc
    return made


class Node(BaseModel):
    """A node of a tree."""

    limit: int
    children: tuple[Node, ...] = ()


class Branch(BaseModel):
    """The same by another name."""

    limit: int = Field(description="what it may draw")
    children: tuple[Branch, ...] = ()


class DeepNode(BaseModel):
    limit: int
    children: tuple[DeepNode | None, ...] = ()


class Pair(NamedTuple):
    name: str
    watts: int


class Couple(NamedTuple):
    name: str
    power_w: int


class Described(BaseModel):
    """One."""

    title: str = ""
    description: str = ""
    charger: a_charger("A") = Field(description="Where.")  # type: ignore[valid-type]


class Reworded(BaseModel):
    """Another."""

    title: str = ""
    description: str = ""
    charger: a_charger("B", "A charger.") = Field(title="The place")  # type: ignore[valid-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(a_charger(), a_charger("Outlet"), id="a class is renamed"),
        pytest.param(a_charger(), a_charger(doc="What charges."), id="a docstring comes"),
        pytest.param(a_charger(doc="What charges."), a_charger(doc="An outlet."), id="a docstring is reworded"),
        pytest.param(dict[str, a_charger("A")], dict[str, a_charger("B")], id="a class within is renamed"),
        pytest.param(Described, Reworded, id="fields are described otherwise"),
        pytest.param(Node, Branch, id="a recursive class is renamed"),
        pytest.param(list[Node], list[Branch], id="a recursive class within is renamed"),
    ],
)
def test_words_are_no_part_of_a_shape(one, other):
    assert of(one) == of(other)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"power_w": (int, 0)}, id="another field"),
        pytest.param({"id": int}, id="another type"),
        pytest.param({"phases": (tuple[str, ...], ())}, id="another type within"),
        pytest.param({"phases": tuple[int, ...]}, id="no default"),
        pytest.param({"phases": (tuple[int, ...], (1,))}, id="another default"),
        pytest.param({"state": (Literal["free", "taken"], "free")}, id="another value of a literal"),
        pytest.param({"title": (int | None, None)}, id="another type of a field that is called as a keyword"),
        pytest.param({"title": (str | None, "none")}, id="another default of such a field"),
    ],
)
def test_what_is_stored_is(other):
    assert of(a_charger(**other)) != of(a_charger())
    assert of(dict[str, a_charger(**other)]) != of(dict[str, a_charger()])


def test_a_field_within_a_recursive_class_counts():
    assert of(Node) != of(DeepNode)


def test_a_default_that_looks_like_a_schema_is_a_value():
    assert shape({"default": {"title": "a"}}) != shape({"default": {"title": "b"}})


def test_a_renamed_field_of_a_named_tuple_is_stored_alike():
    assert of(Pair) == of(Couple)
