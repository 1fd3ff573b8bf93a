"""Register an enterprise. Name and domain are stored in the vault; without approval its vehicles have no priority."""

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
"""A DNS name."""


class EnterpriseRequest(Request):
    """An enterprise."""

    field_names: ClassVar[dict[str, str]] = {"enterprise_id": "id", "kind": "type"}

    id: Identifier
    name: Name
    type: EnterpriseKind
    """`emergency`: its vehicles on a mission have tier 0; `fleet`: tier 1."""
    domain: Domain
    """The DNS domain of its people's e-mail addresses."""

    def command(self) -> RegisterEnterprise:
        """The command, without name and domain."""
        return RegisterEnterprise(enterprise_id=self.id, kind=self.type)

    def stream(self) -> str:
        """The stream of the enterprise in the registry."""
        return stream("registry", f"enterprise:{self.id}")
