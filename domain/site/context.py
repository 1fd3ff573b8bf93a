"""The decision context of a site."""

from __future__ import annotations

from domain.decision import DecisionContext
from domain.errors import DomainError
from domain.records import Payload, Record, registry, vehicles
from domain.site.observations import SiteObservations
from domain.site.session import Session
from domain.site.state import Site, SiteCharger, evolve

RULE = "sites.route.v1"


class SiteContext(DecisionContext[Site, SiteObservations]):
    """`urgent` asks for a new schedule at once, however little changes by it."""

    def __init__(self, state: Site, observations: SiteObservations, given: Record) -> None:
        super().__init__(state, observations, given)
        self.urgent = False

    @property
    def site(self) -> Site:
        return self.state

    def evolve(self, state: Site, event: Payload, time_ms: int) -> Site:
        return evolve(state, event, time_ms)

    def check_registered(self) -> None:
        """Raise `DomainError` for an input before the site's registration; a request is refused by another rule."""
        if not self.site.limits and not isinstance(
            self.given.data, (registry.SiteRegistered, vehicles.SessionRequested)
        ):
            raise DomainError("this site is not registered", field="site_id", rule=RULE)

    def charger(self, charger_id: str) -> SiteCharger:
        """Raises `DomainError` for a charger that is not the site's."""
        charger = self.site.chargers.get(charger_id)
        if charger is None:
            raise DomainError(f"the site has no charger {charger_id}", field="charger_id", rule=RULE)
        return charger

    def open_session(self, session_id: str) -> Session:
        """Raises `DomainError` for a session that is not open here."""
        session = self.site.sessions.get(session_id)
        if session is None:
            raise DomainError("this session is not open", field="session_id", rule=RULE)
        return session
