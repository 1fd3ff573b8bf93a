"""The routes of a processor: one table from the type of an input's payload to the rule that answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from domain.errors import DomainError
from domain.records import Payload, Record

Context = TypeVar("Context")
P = TypeVar("P", bound=Payload)
Q = TypeVar("Q", bound=Payload)
Handler = Callable[[Context, P], None]
Register = Callable[[Handler[Context, P]], Handler[Context, P]]


class Handlers(Generic[Context]):
    """The handlers of one processor, each a function of the decision context and of a payload.

        handlers = Handlers[SiteContext]("a site", rule="sites.route.v1")

        handlers.on(vehicles.AcceptRequested)(offers.accept)  # a rule that needs no more than the payload

        @handlers.on(load.ChargerConnected)
        def connected(context: SiteContext, event: load.ChargerConnected) -> None:
            chargers.change(context, event.charger_id, connected=True)

        handlers.of(given)(context, given.data)

    A handler of two types takes their union; one of more types takes any `Payload`. `subject` and `rule` say who
    rejects an input that has no route.
    """

    def __init__(self, subject: str, *, rule: str) -> None:
        self.subject = subject
        self.rule = rule
        self.routes: dict[type[Payload], Callable[[Context, Any], None]] = {}

    @overload
    def on(self, payload: type[P], /) -> Register[Context, P]: ...
    @overload
    def on(self, payload: type[P], other: type[Q], /) -> Register[Context, P | Q]: ...
    @overload
    def on(self, /, *payloads: type[Payload]) -> Register[Context, Payload]: ...
    def on(self, /, *payloads: type[Any]) -> Register[Context, Any]:
        """Register a handler of these types of payload."""

        def register(handler: Handler[Context, Any]) -> Handler[Context, Any]:
            self.routes.update(dict.fromkeys(payloads, handler))
            return handler

        return register

    def of(self, given: Record) -> Callable[[Context, Any], None]:
        """The handler of an input. Raises `DomainError` where there is none."""
        handler = self.routes.get(type(given.data))
        if handler is None:
            raise DomainError(f"{given.type} is not for {self.subject}", field="type", rule=self.rule)
        return handler
