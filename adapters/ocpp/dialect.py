"""The boundary between the gateway and a version of OCPP.

The gateway has what all versions share: sockets, OCPP-J frames, the order of calls, ownership of chargers, and the log.
A dialect has what differs: its messages, how limits are put to a charger, and how a charger is configured. A socket is
served by the dialect whose subprotocol the handshake agreed on; a new version is a folder with another implementation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.frames import Call, CallError, CallResult
from adapters.ocpp.jobs import Answer, Job
from domain.records.load import CommandRequested

Reply = dict[str, Any] | Callable[[], Awaitable[dict[str, Any]]]
"""The payload of an answer, or a function that awaits a decision and then returns the payload."""


class BadArgument(Exception):
    """An argument of a one-shot command that the dialect can't send; the message names it and gives the reason."""


class JobSource(Protocol):
    """Calls to a charger, one after the other, on one socket and until the charger's next boot."""

    def next(self, now_ms: int) -> Job | None:
        """The next call, None while there is none. Asked for when the last one is `answered`."""

    def wake_ms(self, now_ms: int) -> int | None:
        """The time at which `next` may have a call though nothing new was desired; None: at none."""


class JobSources(NamedTuple):
    """`limits` (the reconciler) goes first, then one-shot commands, and `configuration` last."""

    limits: JobSource
    configuration: JobSource


class Dialect(Protocol):
    """A version of OCPP."""

    @property
    def subprotocol(self) -> str:
        """The WebSocket subprotocol of this version, e.g. `ocpp1.6`."""

    async def handle(self, call: Call, charger: ConnectedCharger) -> Reply:
        """Validate a charger's call, persist what it reports, and return the answer.

        Calls come in their order, each when the one before is handled. Where a decision is needed the reply is a
        function, which is awaited beside the charger's next calls. Both raise `OCPPError` (answered with its code,
        field and reason) and `LogError` (nothing was stored).
        """

    def starts_transaction(self, call: Call) -> bool:
        """Whether a transaction may begin with this call: until it is answered, the charger does not know its id."""

    def job_sources(self, charger: ConnectedCharger) -> JobSources:
        """What turns the charger's desired state into calls, for a charger of which nothing is known yet."""

    def command_job(self, command: CommandRequested, traceparent: str | None) -> Job:
        """The call of a one-shot command, whose answer becomes an observation. Raises `BadArgument`."""

    def answer_of(self, message: CallResult | CallError) -> Answer:
        """What a charger's answer to one of these calls means; never raises, however odd the answer is."""
