"""The vault's keys for sealing and for look-up, derived from a secret in a file beside the vault."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
"""The number of the key that sealed a value."""


class VaultError(Exception):
    """The vault can't be opened or read; the message gives the reason."""


class Keys:
    """Seals values that are read again (AES-256-GCM), and makes keyed HMACs of values that are only looked up."""

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(_derive(secret, b"commonwatt vault: seal"))
        self._mac_key = _derive(secret, b"commonwatt vault: look up")

    @classmethod
    def load(cls, file: Path) -> Keys:
        """Read the secret from a file, which is created if missing, readable for its owner only.

        Raises `VaultError` if others may read the file, or it is not 32 bytes.
        """
        if not file.exists():
            _draw(file)
        return cls(_read(file))

    def seal(self, text: bytes, about: str) -> bytes:
        """Encrypt `text`; it opens only for the same `about`, so sealed values can't be swapped between rows."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._aead.encrypt(nonce, text, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt a sealed value. Raises `VaultError` if the key or `about` differ, or the value was changed."""
        nonce = sealed[1 : 1 + NONCE_BYTES]
        try:
            return self._aead.decrypt(nonce, sealed[1 + NONCE_BYTES :], about.encode())
        except InvalidTag as error:
            raise VaultError(f"the vault's value about {about} can't be opened with its key") from error

    def mac(self, purpose: str, value: str) -> str:
        """The keyed HMAC-SHA256 of a value, different for each purpose."""
        mac = hmac.HMAC(self._mac_key, hashes.SHA256())
        mac.update(f"{purpose}\0{value}".encode(errors="surrogatepass"))
        return mac.finalize().hex()


def _draw(file: Path) -> None:
    """Write a new secret, whole at once. Of several processes at once, one succeeds."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f"{file.name}.") as drawn:  # made for its owner alone
        drawn.write(secrets.token_bytes(KEY_BYTES))
        drawn.flush()
        os.fsync(drawn.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(drawn.name, file)


def _read(file: Path) -> bytes:
    if file.stat().st_mode & 0o077:
        raise VaultError(f"{file.name}: others may read the key of the vault; allow its owner only (chmod 600)")
    secret = file.read_bytes()
    if len(secret) != KEY_BYTES:
        raise VaultError(f"{file.name}: the key of the vault must be {KEY_BYTES} bytes, not {len(secret)}")
    return secret


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose).derive(secret)


def digest(secret: str) -> str:
    """The SHA-256 of a secret of high entropy."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
