"""Request a command to a charger."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from commands.quantities import Seconds, round_down
from commands.reason import Reason
from commands.request import Request
from domain.records.load import RequestCommand

Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Value = Annotated[str, StringConstraints(strict=True, max_length=500)]


class ChargerCommandRequest(Request):
    """A command to a charger."""

    field_names: ClassVar[dict[str, str]] = {"expires_ms": "expires_s"}

    action: Literal[
        "remote_start", "remote_stop", "unlock", "reset", "trigger", "get_configuration", "change_configuration"
    ]
    arguments: Annotated[dict[Name, Value], Field(max_length=32)]
    expires_s: Seconds
    """The command is sent within this time or not at all."""
    reason: Reason | None = None
    """Why it is sent, for those who read it later; it is stored in the vault."""

    def command(self, command_id: str, charger_id: str, now_ms: int) -> RequestCommand:
        """The command on the log, with the time of its expiry."""
        return RequestCommand(
            command_id=command_id,
            charger_id=charger_id,
            action=self.action,
            arguments=self.arguments,
            expires_ms=now_ms + round_down(self.expires_s, 1000),
        )
