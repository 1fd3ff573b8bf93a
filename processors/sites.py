"""`sites`: queue, chargers, holds, fairness, schedule. Stream: site id."""

from __future__ import annotations

from collections.abc import Sequence

from domain.records import Payload, Record, load, observations, registry, sites, vehicles
from domain.records.time import TimerDue
from domain.site import admission, capacity, chargers, charging, ending, offers, operator_requests, registration, tiers
from domain.site.context import RULE, SiteContext
from domain.site.enqueue import enqueue
from domain.site.follow_up import follow_up
from domain.site.observations import SiteObservations, observe
from domain.site.state import Site, evolve
from domain.site.tick import set_next_tick
from processors.engine.processor import Processor
from processors.engine.routing import Handlers

TICK_MS = 30_000

handlers = Handlers[SiteContext]("a site", rule=RULE)
handlers.on(registry.SiteRegistered)(registration.add_site)
handlers.on(registry.ChargerRegistered)(registration.add_charger)
handlers.on(load.CapacityChanged)(capacity.change)
handlers.on(load.ChargerConnected)(chargers.connected)
handlers.on(load.ChargerDisconnected)(chargers.disconnected)
handlers.on(load.ChargerStatusChanged)(chargers.status_changed)
handlers.on(load.TransactionStarted)(charging.started)
handlers.on(load.TransactionStopped)(charging.stopped)
handlers.on(load.TransactionStopCorrected)(charging.corrected)
handlers.on(load.TokenPresented, observations.Authorize)(admission.admit)
handlers.on(load.PermitSought)(admission.admit_running)
handlers.on(load.TransactionPermitted)(charging.permitted)
handlers.on(observations.Metered)(ending.metered)
handlers.on(sites.EndSession)(operator_requests.end_session)
handlers.on(sites.ReleaseOutlet)(operator_requests.release_outlet)
handlers.on(vehicles.SessionRequested)(enqueue)
handlers.on(vehicles.CancelRequested)(ending.cancel)
handlers.on(vehicles.AcceptRequested)(offers.accept)
handlers.on(vehicles.SnoozeRequested)(offers.snooze)
handlers.on(vehicles.PriorityGranted)(tiers.grant)
handlers.on(vehicles.PriorityExpired)(tiers.expire)


@handlers.on(load.LimitDesired, load.ClockLearnt, load.TransactionRefused, TimerDue)
def observed_only(context: SiteContext, event: Payload) -> None:
    """Nothing follows but what follows from every input."""


class Sites(Processor[Site, SiteObservations]):
    """The targets of a site with cars are planned at every change, and every `tick_ms` (30 to 60 s)."""

    name = "sites"
    state_type = Site
    observations_type = SiteObservations

    def __init__(self, tick_ms: int = TICK_MS) -> None:
        if not 30_000 <= tick_ms <= 60_000:
            raise ValueError("the tick of a site is 30 to 60 seconds")
        self.tick_ms = tick_ms

    def initial_state(self, key: str) -> tuple[Site, SiteObservations]:
        return Site(key), SiteObservations()

    def observe(self, state: Site, observations: SiteObservations, given: Record) -> SiteObservations:
        return observe(state, observations, given)

    def decide(self, state: Site, observations: SiteObservations, given: Record) -> Sequence[Payload]:
        handle = handlers.of(given)
        context = SiteContext(state, observations, given)
        context.check_registered()
        handle(context, given.data)
        if context.events or isinstance(given.data, TimerDue):
            follow_up(context)
        set_next_tick(context, self.tick_ms, was_busy=state.is_busy())
        return context.events

    def evolve(self, state: Site, event: Payload, time_ms: int) -> Site:
        return evolve(state, event, time_ms)
