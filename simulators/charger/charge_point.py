"""An OCPP 1.6J charge point with one connector or several: what the central system does with it, and its life."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from simulators.charger.answers import answer
from simulators.charger.clock import Clock
from simulators.charger.configuration import Configuration
from simulators.charger.connector import Connector
from simulators.charger.dial import Dial, web_socket
from simulators.charger.lifecycle import Lifecycle
from simulators.charger.link import Link
from simulators.charger.outlet import Outlet
from simulators.charger.personality import COMPLIANT, Personality
from simulators.charger.profile import OF_TRANSACTIONS, WHOLE, Rules, Selection
from simulators.charger.profiles import ProfileStore
from simulators.charger.reports import Reports, status_notification
from simulators.time.virtual_time import Repeater, VirtualTime

HEARTBEAT_PHASES_MS = 300_000


class ChargePoint:
    """Its outlets are for the drivers; limits come from the central system.

    Connector 0 is the charge point as a whole. All connectors have as many phases, and the same hardware.
    """

    def __init__(
        self,
        time: VirtualTime,
        url: str,
        ocpp_id: str,
        password: str,
        *,
        charger_id: str | None = None,
        connectors: int = 1,
        phases: int = 1,
        voltage_v: float = 208.0,
        max_a: float = 32.0,
        character: Personality = COMPLIANT,
        seed: int = 0,
        dial: Dial = web_socket,
    ) -> None:
        random = Random(f"{seed}:{ocpp_id}")
        self.time = time
        self.ocpp_id = ocpp_id
        self.charger_id = charger_id or ocpp_id
        """Its id in the server's REST API."""
        self.character = character
        self.clock = Clock(time, self.character.clock_ahead_s)
        self.configuration = Configuration(self.character, connectors)
        self.link = Link(
            time,
            url,
            ocpp_id,
            password,
            calls_at_once=self.character.calls_at_once,
            answer_delay_s=self.character.answer_delay_s,
            persists_queue=self.character.replays_queue,
            dial=dial,
        )
        self.link.on_call = lambda call: answer(self, call)
        self.link.on_lost = self._on_lost
        rules = Rules(voltage_v * phases, self.character.rate_units, self.character.max_stack_level, connectors)
        self._profiles = ProfileStore(rules)
        self.outlets = {
            number: self._outlet(number, connectors, phases=phases, voltage_v=voltage_v, max_a=max_a)
            for number in range(1, connectors + 1)
        }
        """By connector id."""
        self._heartbeats = Repeater(time, self.heartbeat)
        self._heartbeat_phase_ms = random.randrange(HEARTBEAT_PHASES_MS)
        self.lifecycle = Lifecycle(
            time, self.link, self.character, self.configuration, ocpp_id[:25], random, self._greet
        )

    def _outlet(self, number: int, connectors: int, *, phases: int, voltage_v: float, max_a: float) -> Outlet:
        connector = Connector(
            self.time,
            self.clock,
            self.character,
            self._profiles,
            number,
            phases=phases,
            voltage_v=voltage_v,
            max_a=max_a,
        )
        return Outlet(
            self.charger_id if connectors == 1 else f"{self.charger_id}:{number}",
            self.time,
            self.clock,
            self.link,
            connector,
            Reports(self.time, self.clock, self.link, connector, self.configuration, self.character.meter),
            loses_every_stop=self.character.loses_every_stop,
        )

    # The central system

    def put_profile(self, connector: int, raw: dict[str, Any]) -> None:
        """Install a charging profile. Raises `BadProfile`."""
        outlet = self.outlets.get(connector)
        transaction = None if outlet is None else outlet.connector.transaction
        self._profiles.put(connector, raw, None if transaction is None else transaction.id)
        self.refresh()

    def clear_profiles(self, selection: Selection) -> bool:
        """Remove the charging profiles that a selection matches; whether there were any."""
        found = self._profiles.clear(selection)
        self.refresh()
        return found

    def reset(self, kind: str) -> None:
        """A Soft or Hard reset: the transactions end, and the charge point boots again."""
        for outlet in self.outlets.values():
            outlet.stop(f"{kind}Reset")
        self.lifecycle.restart()

    def afterwards(self, action: Callable[[], object]) -> None:
        """Do something at this instant, after the answer."""
        self.time.at(self.time.now_ms, action)

    # What it sends

    def heartbeat(self) -> None:
        self.link.send("Heartbeat", {})

    def schedule(self) -> None:
        """Repeat heartbeats and meter values as configured from now on."""
        self._schedule_heartbeats()
        for outlet in self.outlets.values():
            outlet.reports.schedule()

    def report_whole(self) -> None:
        """Send the StatusNotification of connector 0, which one with a single connector leaves out."""
        if len(self.outlets) > 1:
            self.link.send("StatusNotification", status_notification(WHOLE, "Available", self.clock))

    # What follows from it

    def refresh(self) -> None:
        """Give the cars the pilots of this instant, and report changed statuses."""
        for outlet in self.outlets.values():
            outlet.refresh()

    def _schedule_heartbeats(self) -> None:
        interval_s = self.configuration.seconds("HeartbeatInterval") if self.link.connected else 0
        self._heartbeats.every(interval_s, self._heartbeat_phase_ms)

    def _greet(self) -> None:
        """The central system is reached: report the statuses, and send what has waited."""
        self.report_whole()
        for outlet in self.outlets.values():
            outlet.greet()
        self._schedule_heartbeats()
        self.link.pump()

    def _on_lost(self) -> None:
        if not self.character.keeps_profile_offline:
            self.clear_profiles(OF_TRANSACTIONS)
        self.schedule()
        self.refresh()
        self.lifecycle.on_lost()
