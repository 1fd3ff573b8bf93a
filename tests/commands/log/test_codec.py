"""Records to bytes and back. Every type of record goes there and back in `tests/records/test_schemas.py`."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from commands.log.codec import canonical, decode, encode, entry
from commands.ports.log import LogDamaged
from domain.records import Record, input_record
from domain.records.time import TimerSet

EXACT = 2**53 - 1
characters = st.characters(exclude_categories=("Cs",)) | st.characters(max_codepoint=0x2F)
texts = st.text(characters, max_size=20)
keys = st.text(st.characters(max_codepoint=127), max_size=10)
scalars = st.none() | st.booleans() | st.integers(-EXACT, EXACT) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)


def timer(name: str, due_ms: int) -> Record:
    return input_record("id-1", "test", "sites:a", 1_000, TimerSet(name=name, due_ms=due_ms), actor="someone")


@given(values)
def test_canonical_json_is_that_of_the_rfc(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("text", ["".join(map(chr, range(0x20))), '"\\/', "\x7f\x80\u2028\u2029", "€🔌\ufffe"])
def test_characters_are_escaped_as_the_rfc_says(text: str) -> None:
    assert canonical(text) == rfc8785.dumps(text)


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert canonical({"b": 1, "a": [True, None], "B": ""}) == b'{"B":"","a":[true,null],"b":1}'


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"at": object()})


@given(texts, st.integers(-EXACT, EXACT))
def test_a_record_comes_back_as_it_was(name: str, due_ms: int) -> None:
    record = timer(name, due_ms)
    assert decode(encode(record)) == record


@given(texts, st.integers(-EXACT, EXACT))
def test_a_record_is_stored_as_the_rfc_says(name: str, due_ms: int) -> None:
    stored = encode(timer(name, due_ms))
    assert rfc8785.dumps(json.loads(stored)) == stored


def test_an_entry_has_the_stream_for_its_key() -> None:
    record = timer("due", 5)
    assert entry(record).key == "sites:a"
    assert entry(record).body == encode(record)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        encode(timer("due", 5))[:-1],
        encode(timer("due", 5)).replace(b"timer.set.v1", b"timer.set.v9"),
        encode(timer("due", 5)).replace(b'"due_ms":5', b'"due_ms":"soon"'),
        encode(timer("due", 5)).replace(b'"actor":"someone",', b""),
        encode(timer("due", 5)).replace(b'"actor"', b'"actress"'),
    ],
)
def test_what_is_no_record_is_damage(stored: bytes) -> None:
    with pytest.raises(LogDamaged):
        decode(stored)
