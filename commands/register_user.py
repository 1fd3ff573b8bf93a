"""Register a user. Address and password are stored in the vault; the log knows an opaque id."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from commands.log.topics import stream
from commands.quantities import Identifier
from commands.request import Request
from domain.records.registry import RegisterAccount, Role

Email = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]
"""Text on both sides of one @. Whether the address exists, only a message to it can show."""
Password = Annotated[str, StringConstraints(strict=True, min_length=10, max_length=256)]


class UserRequest(Request):
    """A user who may log in."""

    field_names: ClassVar[dict[str, str]] = {"id": "email"}

    email: Email
    password: Password
    role: Role
    enterprise_id: Identifier | None = None
    """The enterprise that an `enterprise_admin` administers; left out for other roles."""

    def command(self, account_id: str) -> RegisterAccount:
        """The command, without address and password."""
        return RegisterAccount(account_id=account_id, role=self.role, enterprise_id=self.enterprise_id)

    @staticmethod
    def stream(account_id: str) -> str:
        """The stream of the account in the registry."""
        return stream("registry", f"account:{account_id}")
