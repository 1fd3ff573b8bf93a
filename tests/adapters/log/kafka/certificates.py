"""An authority of a test, and who it knows.

All that it issues is as RFC 5280 demands, which Python verifies from 3.13 on, unless an older kind is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from services.local.broker import HOST

DAY = timedelta(days=1)
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Authority:
    """Its certificate is `file`, as PEM; what it issues lies beside."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = _named(name)
        self.file = folder / f"{name}.pem"
        own = (
            self._signed(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_only("key_cert_sign", "crl_sign"), critical=True)
        )
        self.file.write_bytes(own.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def issue(self, name: str, password: str | None = None, *, older: bool = False) -> tuple[Path, Path]:
        """The files of a certificate for `name` on this machine, and of its key, which `password` opens.

        `older`: it does not tell which key of the authority signed it, by an Authority Key Identifier.
        """
        key = generate_private_key(SECP256R1())
        issued = (
            self._signed(_named(name), key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_only("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        )
        if not older:
            signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
            issued = issued.add_extension(signer, critical=False)
        file = f"{name}-older" if older else name
        certificate, opened_by = self._folder / f"{file}.crt", self._folder / f"{file}.key"
        certificate.write_bytes(issued.sign(self._key, SHA256()).public_bytes(Encoding.PEM))
        sealed = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        opened_by.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
        return certificate, opened_by

    def _signed(self, name: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        """What every certificate says."""
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def _only(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in USAGES})


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
