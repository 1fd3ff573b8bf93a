"""The decision context of a site's safety kernel."""

from __future__ import annotations

from domain.decision import DecisionContext
from domain.electrical.grid import Outlet
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
        """Raises `DomainError` for a charger that is not the site's."""
        charger = self.ledger.chargers.get(charger_id)
        if charger is None:
            raise DomainError(f"the site has no charger {charger_id}", field="charger_id", rule=RULE)
        return charger

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
