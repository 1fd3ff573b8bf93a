"""A charger without a socket: its messages go straight to the dialect, its observations onto a log in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ocpp.exceptions import OCPPError
from ocpp.messages import Call as ValidCall
from ocpp.messages import CallResult as ValidResult
from ocpp.messages import validate_payload

from adapters.ocpp import Settings
from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.frames import Call
from adapters.ocpp.recorder import Recorder
from adapters.ocpp.v16.dialect import Ocpp16
from adapters.ocpp.v16.payloads import as_json
from adapters.ocpp.v16.start_transaction import LATER
from adapters.time.clock import SimulatedClock
from commands.log import topics
from commands.log.codec import decode
from commands.ports.log import LogFull, Output
from commands.ports.tracing import UNTRACED
from domain.records import Payload, Record, input_record
from domain.records.load import TransactionStarted
from domain.records.time import InputRejected
from tests.adapters.ocpp.world import CHARGERS, NOW_MS, Directory

VERSION = "1.6"


class LogInMemory:
    """What was appended; while `full` it takes nothing."""

    def __init__(self) -> None:
        self.appended: list[Output] = []
        self.full = False

    async def append_all(self, outputs: Sequence[Output]) -> None:
        if self.full:
            raise LogFull("no space left")
        self.appended += outputs


class Decisions:
    """`Outcomes` of a test: `decision` is what is decided on everything; None: nothing in time."""

    def __init__(self) -> None:
        self.decision: Payload | None = None
        self.waited_for: list[str] = []

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        self.waited_for.append(correlation_id)
        if self.decision is None:
            return None
        if types == LATER and isinstance(self.decision, TransactionStarted):
            return None  # nothing is decided after the start
        assert isinstance(self.decision, InputRejected) or self.decision.type_name in types
        return input_record(f"{correlation_id}/0", "/test", "load:s1", NOW_MS, self.decision, actor="test")


class Station:
    """CP1 has three phases, CP2 one. `charger` is what handlers get."""

    def __init__(
        self, charger_id: str = "CP1", settings: Settings | None = None, connection_id: str = "socket-1"
    ) -> None:
        self.log = LogInMemory()
        self.decisions = Decisions()
        self.clock = SimulatedClock(NOW_MS)
        log: Any = self.log
        recorder = Recorder(log, self.clock)
        self.context = GatewayContext(
            self.clock, Directory(), self.decisions, recorder, settings or Settings(), UNTRACED
        )
        self.state = ChargerState()
        self.charger = ConnectedCharger(CHARGERS[charger_id], connection_id, self.state, self.context)

    def reconnect(self) -> None:
        """The charger opens another socket."""
        self.charger = ConnectedCharger(self.charger.identity, "socket-2", self.state, self.context)

    async def send(self, request: Any) -> dict[str, Any]:
        """Send one of `ocpp.v16.call`, and return the answer; both are valid by the schemas of the `ocpp` package."""
        action, payload = type(request).__name__, as_json(request)
        await validate_payload(ValidCall("m", action, payload), VERSION)
        return await self.send_raw(action, payload)

    async def send_raw(self, action: str, payload: Any) -> dict[str, Any]:
        """Send what a schema would perhaps refuse, and return the answer."""
        reply = await Ocpp16().handle(Call("m", action, payload), self.charger)
        answer = await reply() if callable(reply) else reply
        await validate_payload(ValidResult("m", answer, action), VERSION)
        return answer

    async def refusal(self, action: str, payload: Any) -> tuple[str, str]:
        """(code, field) of the error that answers it; nothing was recorded."""
        with pytest.raises(OCPPError) as refused:
            await self.send_raw(action, payload)
        assert refused.value.details["reason"]
        assert self.log.appended == []
        return refused.value.code, refused.value.details["field"]

    def records(self, processor: str = "load") -> list[Record]:
        """The inputs of a processor, in their order."""
        return [decode(entry.body) for topic, entry in self.log.appended if topic == topics.inputs(processor)]

    def recorded(self, processor: str = "load") -> list[Payload]:
        return [record.data for record in self.records(processor)]
