"""The request to register an enterprise. Its name and domain are stored in the vault."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from commands.log.topics import stream
from commands.quantities import Identifier
from commands.request import Request
from domain.records.registry import EnterpriseKind, RegisterEnterprise

Name = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200)]
Domain = Annotated[
    str,
    StringConstraints(
        strict=True,
        to_lower=True,
        max_length=253,
        pattern=r"^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$",
    ),
]
"""A DNS name, for example of the e-mail addresses of its people."""


class EnterpriseRequest(Request):
    """`type`: emergency (its vehicles have priority P0 on a mission) or fleet (P1)."""

    field_names: ClassVar[dict[str, str]] = {"enterprise_id": "id", "kind": "type"}

    id: Identifier
    name: Name
    type: EnterpriseKind
    domain: Domain

    def command(self) -> RegisterEnterprise:
        """The command, without name and domain."""
        return RegisterEnterprise(enterprise_id=self.id, kind=self.type)

    def stream(self) -> str:
        """The stream of the enterprise in the registry."""
        return stream("registry", f"enterprise:{self.id}")
