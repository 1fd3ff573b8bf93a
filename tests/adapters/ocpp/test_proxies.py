"""The address of a client behind proxies."""

from __future__ import annotations

import pytest

from adapters.ocpp.proxies import client_address, networks

TRUSTED = networks("10.0.0.0/8, ::1,192.0.2.7")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1, 192.0.2.7"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("::1", ["unknown"], "unknown"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("", ["1.1.1.1"], ""),
    ],
)
def test_the_last_address_that_no_trusted_proxy_has(peer: str, forwarded_for: list[str], client: str) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == client


def test_nobody_is_trusted_by_default() -> None:
    assert networks("") == ()
    with pytest.raises(ValueError):
        networks("proxy.example")
