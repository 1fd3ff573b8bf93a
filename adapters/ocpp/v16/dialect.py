"""OCPP 1.6J as a `Dialect` of the gateway."""

from __future__ import annotations

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.dialect import JobSources, Reply
from adapters.ocpp.frames import Call, CallError, CallResult
from adapters.ocpp.jobs import Answer, Job
from adapters.ocpp.v16 import answers, commands, routes
from adapters.ocpp.v16.configure import Configurator
from adapters.ocpp.v16.reconcile_outlets import OutletsReconciler
from domain.records.load import CommandRequested


class Ocpp16:
    """`adapters.ocpp.dialect.Dialect`."""

    subprotocol = "ocpp1.6"

    async def handle(self, call: Call, charger: ConnectedCharger) -> Reply:
        return await routes.dispatch(call, charger)

    def starts_transaction(self, call: Call) -> bool:
        return call.action == "StartTransaction"

    def job_sources(self, charger: ConnectedCharger) -> JobSources:
        reconciler = OutletsReconciler(charger)
        return JobSources(reconciler, Configurator(charger, reconciler.learn))

    def command_job(self, command: CommandRequested, traceparent: str | None) -> Job:
        return commands.job(command, traceparent)

    def answer_of(self, message: CallResult | CallError) -> Answer:
        return answers.answer_of(message)
