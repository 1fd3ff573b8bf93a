"""Register somebody who may log in. Address and password go to the vault; the log knows an opaque id."""

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
"""What is before and behind one @: whether it exists, only a message to it could tell."""
Password = Annotated[str, StringConstraints(strict=True, min_length=10, max_length=256)]


class UserRequest(Request):
    """`enterprise_id`: of an enterprise_admin, and only of one."""

    field_names: ClassVar[dict[str, str]] = {"id": "email"}

    email: Email
    password: Password
    role: Role
    enterprise_id: Identifier | None = None

    def command(self, account_id: str) -> RegisterAccount:
        return RegisterAccount(account_id=account_id, role=self.role, enterprise_id=self.enterprise_id)

    @staticmethod
    def stream(account_id: str) -> str:
        return stream("registry", f"account:{account_id}")
