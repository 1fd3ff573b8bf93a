"""The address of a client behind proxies: `X-Forwarded-For`, as far as trusted proxies wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """The networks, or addresses, of a list with commas. Raises `ValueError`."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The last address on the way here that no trusted proxy has: what is written before it, anybody may have written.

    `peer` is at the other end of the connection, `forwarded_for` the values of the header in their order.
    """
    way = [address.strip() for value in forwarded_for for address in value.split(",")]
    client = peer
    while _is_trusted(client, trusted) and way:
        client = way.pop() or client
    return client


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    return any((mapped or known) in network for network in trusted)
