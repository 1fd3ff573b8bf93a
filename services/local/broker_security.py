"""Listeners of a broker for tests that ask clients who they are, and tell them who the broker is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TLS, MUTUAL_TLS, SCRAM = LISTENERS = "TLS", "MUTUAL_TLS", "SCRAM"
"""For anybody, for who shows a certificate, for who knows a password; all by TLS."""
MECHANISMS = "SCRAM-SHA-256", "SCRAM-SHA-512"

PROPERTIES = """\
ssl.keystore.type=PEM
ssl.keystore.location={identity}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.mutual_tls.ssl.client.auth=required
listener.name.scram.sasl.enabled.mechanisms={mechanisms}
listener.name.scram.scram-sha-256.sasl.jaas.config={login} required;
listener.name.scram.scram-sha-512.sasl.jaas.config={login} required;
"""
LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass(frozen=True, slots=True)
class Security:
    """What the listeners need, as PEM: the broker's key with its certificate, and the authority of its clients."""

    identity: Path
    authority: Path
    passwords: Mapping[str, str]
    """Of each user, for the listener `SCRAM`."""

    def properties(self) -> str:
        """What the broker is told in its file."""
        return PROPERTIES.format(
            identity=self.identity, authority=self.authority, mechanisms=",".join(MECHANISMS), login=LOGIN
        )

    def credentials(self) -> list[str]:
        """What its storage is formatted with, so that it knows the users from the start."""
        told = [
            f"{mechanism}=[name={name},password={password}]"
            for name, password in self.passwords.items()
            for mechanism in MECHANISMS
        ]
        return [option for one in told for option in ("--add-scram", one)]
