"""A second dialect, as small as one can be: what a new version of OCPP has to bring."""

from __future__ import annotations

from ocpp.exceptions import NotImplementedError as NotImplementedByUs

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.dialect import BadArgument, JobSources, Reply
from adapters.ocpp.frames import Call, CallError, CallResult
from adapters.ocpp.jobs import Answer, Job, command_answer
from domain.records.load import CommandRequested
from domain.records.observations import Booted, ProfileAnswer, TransactionStart


class Toy:
    """`Dialect`: says hello, begins, takes limits in mA, and does what an operator asks."""

    subprotocol = "toy7"

    async def handle(self, call: Call, charger: ConnectedCharger) -> Reply:
        if call.action == "Begin":
            return await self._begin(charger)
        if call.action != "Hello":
            raise NotImplementedByUs(details={"field": "action", "reason": "not in this dialect"})
        booted = Booted(charger_id=charger.id, vendor=call.payload["maker"], model="toy", firmware="")
        await charger.persist(charger.observation(booted))
        charger.rebooted()
        return {"hello": charger.id}

    async def _begin(self, charger: ConnectedCharger) -> Reply:
        asked = charger.observation(
            TransactionStart(
                charger_id=charger.id,
                evse_id=1,
                token_ref="",
                vehicle_id=None,
                meter_start_wh=0,
                charger_time_ms=charger.now_ms(),
            )
        )
        await charger.persist(asked)

        async def decided() -> dict[str, str]:
            return {"decided": (await charger.decision(asked, frozenset())).type}

        return decided

    def starts_transaction(self, call: Call) -> bool:
        return call.action == "Begin"

    def job_sources(self, charger: ConnectedCharger) -> JobSources:
        return JobSources(Limits(charger), Nothing())

    def command_job(self, command: CommandRequested, traceparent: str | None) -> Job:
        if command.action != "reset":
            raise BadArgument(f"action: a toy can't {command.action}")
        return Job(
            "Restart",
            dict(command.arguments),
            lambda answer, _: [command_answer(command, answer.status, answer.detail)],
            traceparent,
        )

    def answer_of(self, message: CallResult | CallError) -> Answer:
        return Answer("rejected" if isinstance(message, CallError) else "accepted", "as toys say")


class Limits:
    """The fail-safe limit, each generation once."""

    def __init__(self, charger: ConnectedCharger) -> None:
        self._charger = charger
        self._sent = 0

    def next(self, now_ms: int) -> Job | None:
        desired = self._charger.state.desired.get(self._charger.id)
        limit = desired.floor if desired is not None else None
        if limit is None or limit.generation == self._sent or self._charger.starting:
            return None
        self._sent = limit.generation
        return Job(
            "Limit",
            {"ma": limit.limit_ma},
            lambda answer, _: [
                ProfileAnswer(
                    charger_id=self._charger.id,
                    purpose="failsafe",
                    generation=limit.generation,
                    status=answer.status,
                )
            ],
        )

    def wake_ms(self, now_ms: int) -> int | None:
        return None


class Nothing:
    """A toy has no configuration."""

    def next(self, now_ms: int) -> Job | None:
        return None

    def wake_ms(self, now_ms: int) -> int | None:
        return None
