"""Settings of the gateway; the defaults are meant for production."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.ocpp.proxies import Network


@dataclass(frozen=True, slots=True)
class Settings:
    """`_ms` are times of the injected clock, `_s` wall time (sockets, and the backstop for decisions)."""

    gateway_id: str = "gateway"
    """Each gateway of a log has its own, and keeps it through restarts."""
    call_timeout_ms: int = 30_000
    """How long a charger has to answer a CALL; after that its answer is unknown."""
    boot_grace_ms: int = 2_000
    """How long, once a boot is answered, calls are still waited for that were sent before: some chargers drop them."""
    retry_ms: int = 30_000
    """How long a limit rests whose answer timed out, before it is sent again."""
    decision_timeout_s: float = 25.0
    """Backstop for Authorize and StartTransaction, below the 30 s that chargers commonly wait.

    It is above the time that a start waits for room, so that "no room" is an answer and no error.
    """
    heartbeat_interval_s: int = 300
    configure_after_ms: int = 10_000
    """The OCPP compliance tool does not expect a call right after the connect."""
    configure_spread_ms: int = 20_000
    """Chargers that reconnect at one moment are asked over this time."""
    ping_interval_s: float | None = 30.0
    """None: no pings are sent."""
    ping_timeout_s: float | None = 30.0
    """How long a charger that answers pings may be silent after one."""
    trusted_proxies: tuple[Network, ...] = ()
    """The proxies whose `X-Forwarded-For` is believed."""
    open_timeout_s: float = 10.0
    close_timeout_s: float = 5.0
    message_limit_bytes: int = 128 * 1024
    waiting_calls: int = 32
    """Inbound CALLs of a socket that wait to be handled; beyond, the socket is not read."""
    waiting_decisions: int = 16
    waiting_commands: int = 64
    failures: int = 5
    """Failed logins of one identity from one address within `failure_window_ms`, then it gets 429 without a look."""
    failures_of_address: int = 50
    """Failed logins from one address within the same time, then each further one gets 429; the right password never."""
    failure_window_ms: int = 60_000
