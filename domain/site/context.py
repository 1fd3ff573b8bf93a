"""One input of a site being decided: the events so far, and the site as they leave it."""

from __future__ import annotations

from domain.records import Payload
from domain.site.observations import Sensed
from domain.site.state import Site, evolve


class Deciding:
    """Rules add events one after the other; each rule sees the site as the ones before it left it.

    `urgent` is set by whatever asks for a new schedule at once, however little it changes.
    """

    def __init__(self, site: Site, sensed: Sensed, now_ms: int) -> None:
        self.site = site
        self.sensed = sensed
        self.now_ms = now_ms
        self.events: list[Payload] = []
        self.urgent = False

    def add(self, event: Payload) -> None:
        self.events.append(event)
        self.site = evolve(self.site, event, self.now_ms)
