"""Given what was heard of gateways, and when, then whose sockets are held in silence."""

from __future__ import annotations

import pytest

from domain.load_control.desired import Desired, Owner
from domain.load_control.heartbeats import BEAT_MS, SILENCE_MS, held_in_silence

SINCE_MS = 1_000_000


def wanted(charger_id: str, gateway_id: str | None) -> Desired:
    owner = None if gateway_id is None else Owner(gateway_id, f"socket of {charger_id}", 1)
    return Desired(charger_id, "s", 1, None, None, owner)


def silent(*chargers: tuple[str, str | None], heard_ms: dict[str, int], now_ms: int) -> list[str]:
    rows = [wanted(*charger) for charger in chargers]
    return [desired.charger_id for desired, _ in held_in_silence(rows, heard_ms, SINCE_MS, now_ms)]


@pytest.mark.parametrize(("after_ms", "gone"), [(0, []), (SILENCE_MS - 1, []), (SILENCE_MS, ["a"])])
def test_a_gateway_is_gone_once_it_was_silent_for_so_long(after_ms: int, gone: list[str]) -> None:
    heard_ms = SINCE_MS + 7
    assert silent(("a", "A"), heard_ms={"A": heard_ms}, now_ms=heard_ms + after_ms) == gone


def test_two_signs_may_be_lost() -> None:
    assert silent(("a", "A"), heard_ms={"A": SINCE_MS}, now_ms=SINCE_MS + 3 * BEAT_MS - 1) == []


def test_only_what_silent_gateways_hold_is_given_up() -> None:
    now_ms = SINCE_MS + SILENCE_MS
    chargers = [("a", "A"), ("b", "B"), ("a2", "A"), ("nowhere", None)]
    assert silent(*chargers, heard_ms={"A": SINCE_MS, "B": now_ms}, now_ms=now_ms) == ["a", "a2"]


@pytest.mark.parametrize(("after_ms", "gone"), [(SILENCE_MS - 1, []), (SILENCE_MS, ["a"])])
def test_one_that_was_never_heard_is_silent_since_somebody_listens(after_ms: int, gone: list[str]) -> None:
    assert silent(("a", "A"), heard_ms={}, now_ms=SINCE_MS + after_ms) == gone


def test_a_sign_that_comes_while_it_is_judged_counts() -> None:
    now_ms = SINCE_MS + SILENCE_MS
    assert silent(("a", "A"), heard_ms={"A": now_ms + 5}, now_ms=now_ms) == []
