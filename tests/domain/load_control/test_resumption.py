"""A transaction is started for an interrupted session by a command, where nothing runs there."""

from __future__ import annotations

from domain.records.load import CommandRequested
from domain.records.sites import ResumeRequested
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one


def resume(kernel: Kernel, charger_id: str = "a") -> list:
    asked = ResumeRequested(
        session_id="s", charger_id=charger_id, request_id="r", token_ref="tok_1", expires_ms=kernel.now_ms + 60_000
    )
    return kernel.when(asked)


def test_the_charger_is_asked_to_start_at_the_outlets_connector_with_the_reference_of_the_token():
    kernel = Kernel().site().ready("a")
    command = one(CommandRequested, resume(kernel))
    assert (command.charger_id, command.action) == ("a", "remote_start")
    assert command.arguments == {"connector_id": "1", "token_ref": "tok_1"}
    assert command.expires_ms == kernel.now_ms + 60_000


def test_a_transaction_that_began_meanwhile_is_left_alone():
    kernel = Kernel().site().ready("a")
    kernel.charge("a", 10)
    assert not of_type(resume(kernel), CommandRequested)


def test_a_charger_that_was_lost_meanwhile_is_not_asked():
    kernel = Kernel().site().ready("a")
    kernel.disconnect("a")
    assert not of_type(resume(kernel), CommandRequested)
