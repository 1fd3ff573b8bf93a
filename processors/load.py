"""`load`: the safety kernel. Stream: site id."""

from __future__ import annotations

from collections.abc import Sequence

from domain.load_control import (
    caps,
    commands,
    commissioning,
    connections,
    desired_limits,
    permits,
    readings,
    registration,
    resumption,
    targets,
    tokens,
    transactions,
    trust,
    unpermitted,
    waking,
)
from domain.load_control.context import RULE, KernelContext
from domain.load_control.desired import Desired
from domain.load_control.evolve import evolve
from domain.load_control.follow_up import follow_up
from domain.load_control.ledger import Ledger
from domain.load_control.meters import Meters, observe
from domain.load_control.ownership import refuse_older_socket
from domain.records import Payload, Record, load, observations, registry, sites
from domain.records.time import TimerDue
from processors.engine.processor import Processor
from processors.engine.routing import Handlers

handlers = Handlers[KernelContext]("the safety kernel", rule=RULE)
handlers.on(registry.SiteRegistered)(registration.set_tree)
handlers.on(registry.ChargerRegistered)(registration.add_charger)
handlers.on(load.SetGridLimit)(caps.set_grid_limit)
handlers.on(load.CommissionCharger)(commissioning.open_commissioning)
handlers.on(load.RequestCommand)(commands.request)
handlers.on(load.CloseTransaction)(transactions.close)
handlers.on(load.TrustAgain)(trust.trust_again)
handlers.on(observations.Connected)(connections.connected)
handlers.on(observations.Disconnected)(connections.disconnected)
handlers.on(observations.Booted)(connections.booted)
handlers.on(observations.Status)(connections.status_changed)
handlers.on(observations.Authorize)(tokens.present)
handlers.on(observations.TransactionStart)(transactions.start)
handlers.on(observations.TransactionStop)(transactions.stop)
handlers.on(observations.Metered)(readings.metered)
handlers.on(observations.ProfileAnswer)(connections.answered)
handlers.on(observations.CommandAnswer)(commands.answered)
handlers.on(sites.StartRequested)(permits.request)
handlers.on(sites.ResumeRequested)(resumption.start)
handlers.on(sites.StartDenied)(unpermitted.denied)
handlers.on(sites.ScheduleChanged, sites.TargetsRenewed)(targets.follow)
handlers.on(TimerDue)(waking.reassess)


@handlers.on(observations.Configuration)
def gateway_only(context: KernelContext, event: observations.Configuration) -> None:
    """The gateway reads it; no rule does."""


class Load(Processor[Ledger, Meters]):
    """The safety kernel of a site: it alone decides what chargers are limited to."""

    name = "load"
    state_type = Ledger
    observations_type = Meters

    def initial_state(self, key: str) -> tuple[Ledger, Meters]:
        return Ledger(key), Meters()

    def observe(self, state: Ledger, observations: Meters, given: Record) -> Meters:
        return observe(state, observations, given)

    def decide(self, state: Ledger, observations: Meters, given: Record) -> Sequence[Payload]:
        handle = handlers.of(given)
        context = KernelContext(state, observations, given)
        context.check_registered()
        refuse_older_socket(context)
        handle(context, given.data)
        if context.events or context.reassess:
            follow_up(context)
        waking.set_timer(context, state)
        return context.events

    def evolve(self, state: Ledger, event: Payload, time_ms: int) -> Ledger:
        return evolve(state, event, time_ms)

    def desired(self, state: Ledger, event: Payload) -> Sequence[Desired]:
        return desired_limits.changed_by(state, event)
