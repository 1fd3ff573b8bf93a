"""One input of a site's kernel being decided: the events so far, and the ledger as they leave it."""

from __future__ import annotations

from domain.electrical.grid import Outlet
from domain.errors import DomainError
from domain.load_control.counting import counted_ma
from domain.load_control.evolve import evolve
from domain.load_control.ledger import Charger, Ledger
from domain.load_control.meters import Meter, Meters
from domain.records import Payload
from domain.records.load import AlarmCleared, AlarmRaised


class Deciding:
    """Rules add events one after the other; each rule sees the ledger as the ones before it left it."""

    def __init__(self, ledger: Ledger, meters: Meters, now_ms: int) -> None:
        self.ledger = ledger
        self.meters = meters
        self.now_ms = now_ms
        self.events: list[Payload] = []

    def add(self, event: Payload) -> None:
        self.events.append(event)
        self.ledger = evolve(self.ledger, event, self.now_ms)

    def charger(self, charger_id: str) -> Charger:
        """Raises `DomainError` for a charger that is not the site's."""
        charger = self.ledger.chargers.get(charger_id)
        if charger is None:
            raise DomainError(f"the site has no charger {charger_id}", field="charger_id", rule="load_control.route.v1")
        return charger

    def meter(self, charger: Charger) -> Meter | None:
        return self.meters.of.get(charger.id)

    def counted_ma(self, charger: Charger) -> int:
        return counted_ma(charger, self.meter(charger), self.now_ms)

    def loads(self) -> list[tuple[Outlet, int]]:
        """Every charger at its worst."""
        return [(charger.outlet, self.counted_ma(charger)) for charger in self.ledger.chargers.values()]

    def alarm(self, code: str, charger_id: str | None, detail: str) -> None:
        """Call people, once."""
        if (code, charger_id) not in self.ledger.alarms:
            self.add(AlarmRaised(code=code, charger_id=charger_id, detail=detail))

    def all_clear(self, code: str, charger_id: str | None) -> None:
        if (code, charger_id) in self.ledger.alarms:
            self.add(AlarmCleared(code=code, charger_id=charger_id))
