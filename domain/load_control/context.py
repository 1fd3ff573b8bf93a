"""The decision context of a site's safety kernel."""

from __future__ import annotations

from domain.decision import DecisionContext
from domain.electrical.grid import Outlet
from domain.electrical.outlet_id import outlet_of
from domain.errors import DomainError
from domain.load_control.counting import counted_ma
from domain.load_control.evolve import evolve
from domain.load_control.ledger import Charger, Ledger
from domain.load_control.meters import Meter, Meters
from domain.records import Payload, Record
from domain.records.load import AlarmCleared, AlarmRaised
from domain.records.registry import SiteRegistered

RULE = "load_control.route.v1"


class KernelContext(DecisionContext[Ledger, Meters]):
    """`reassess` asks for the rules that follow a change, though the input itself leads to no event."""

    def __init__(self, state: Ledger, observations: Meters, given: Record) -> None:
        super().__init__(state, observations, given)
        self.reassess = False

    @property
    def ledger(self) -> Ledger:
        return self.state

    def evolve(self, state: Ledger, event: Payload, time_ms: int) -> Ledger:
        return evolve(state, event, time_ms)

    def check_registered(self) -> None:
        """Raise `DomainError` for an input before the site's registration."""
        if not self.ledger.nodes and not isinstance(self.given.data, SiteRegistered):
            raise DomainError("this site is not registered", field="site_id", rule=RULE)

    def charger(self, charger_id: str) -> Charger:
        """An outlet by its id. Raises `DomainError` for one that is not the site's."""
        charger = self.ledger.chargers.get(charger_id)
        if charger is None:
            names = ", ".join(one.id for one in self.ledger.outlets_of(charger_id))
            reason = f"must name one of its outlets: {names}" if names else f"the site has no charger {charger_id}"
            raise DomainError(reason, field="charger_id", rule=RULE)
        return charger

    def outlets(self, charger_id: str) -> list[Charger]:
        """All outlets of a charger. Raises `DomainError` for a charger that is not the site's."""
        return self.ledger.outlets_of(charger_id) or [self.charger(charger_id)]

    def outlet(self, charger_id: str, evse_id: int) -> Charger:
        """The outlet of a connector; what a charger with one outlet reports of any connector concerns that one.

        Raises `DomainError` for a charger that is not the site's, and for a connector that a charger does not have.
        """
        found = outlet_of(self.ledger.chargers, charger_id, evse_id)
        if found is not None:
            return self.ledger.chargers[found]
        [first, *others] = self.outlets(charger_id)
        if others:
            reason = f"the charger {charger_id} has no connector {evse_id}"
            raise DomainError(reason, field="evse_id", rule=RULE)
        return first

    def meter(self, charger: Charger) -> Meter | None:
        return self.observations.of.get(charger.id)

    def counted_ma(self, charger: Charger) -> int:
        return counted_ma(charger, self.meter(charger), self.now_ms)

    def loads(self) -> list[tuple[Outlet, int]]:
        """Every charger at its worst."""
        return [(charger.outlet, self.counted_ma(charger)) for charger in self.ledger.chargers.values()]

    def alarm(self, code: str, charger_id: str | None, detail: str) -> None:
        """Alarm people, once until the alarm is cleared."""
        if (code, charger_id) not in self.ledger.alarms:
            self.add(AlarmRaised(code=code, charger_id=charger_id, detail=detail))

    def all_clear(self, code: str, charger_id: str | None) -> None:
        if (code, charger_id) in self.ledger.alarms:
            self.add(AlarmCleared(code=code, charger_id=charger_id))
