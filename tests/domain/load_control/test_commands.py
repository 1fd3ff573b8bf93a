"""One-shot commands to chargers."""

from __future__ import annotations

from domain.records.load import CommandRequested, RequestCommand
from domain.records.time import InputRejected
from tests.stories.kernel import Kernel
from tests.stories.story import of_type


def command(kernel: Kernel, **changed: object) -> RequestCommand:
    said = {"command_id": "c1", "charger_id": "a", "action": "unlock", "arguments": {"connector_id": "1"}}
    return RequestCommand(**{**said, "expires_ms": kernel.now_ms + 1000, **changed})


def test_one_shot_commands_are_passed_on_before_they_expire():
    kernel = Kernel().site()
    kernel.add("a")
    (passed,) = of_type(kernel.when(command(kernel)), CommandRequested)
    assert (passed.command_id, passed.action, passed.expires_ms) == ("c1", "unlock", kernel.now_ms + 1000)
    (event,) = kernel.when(command(kernel, expires_ms=kernel.now_ms))
    assert isinstance(event, InputRejected)
    assert event.field == "expires_ms"
