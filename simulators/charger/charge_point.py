"""An OCPP 1.6J charge point with one connector: what drivers and the central system do with it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from simulators.charger.answers import answer
from simulators.charger.battery import Car
from simulators.charger.configuration import Configuration
from simulators.charger.connector import Connector
from simulators.charger.lifecycle import Lifecycle
from simulators.charger.link import CallFailed, Link, Transaction
from simulators.charger.personality import Personality
from simulators.charger.profiles import CONNECTOR, OF_TRANSACTIONS, Selection
from simulators.charger.reports import Reports
from simulators.time.virtual_time import Signal, VirtualTime

MAX_TOKEN = 20
HEARTBEAT_PHASES_MS = 300_000


class ChargePoint:
    """Plugs and tokens come from drivers, limits from the central system, current goes to the car.

    `status_changed` fires when the status changes; `on_status` are called with each new status.
    """

    def __init__(
        self,
        time: VirtualTime,
        url: str,
        ocpp_id: str,
        password: str,
        *,
        charger_id: str | None = None,
        phases: int = 1,
        voltage_v: float = 208.0,
        max_a: float = 32.0,
        character: Personality | None = None,
        seed: int = 0,
    ) -> None:
        random = Random(f"{seed}:{ocpp_id}")
        self.time = time
        self.ocpp_id = ocpp_id
        self.charger_id = charger_id or ocpp_id
        """Its id in the server's REST API."""
        self.character = character or Personality()
        self.status = "Available"
        self.status_changed = Signal(time)
        self.on_status: list[Callable[[str], None]] = []
        self.configuration = Configuration(self.character)
        self.connector = Connector(time, self.character, phases=phases, voltage_v=voltage_v, max_a=max_a)
        self.link = Link(
            time,
            url,
            ocpp_id,
            password,
            calls_at_once=self.character.calls_at_once,
            answer_delay_s=self.character.answer_delay_s,
            persists_queue=self.character.replays_queue,
        )
        self.link.on_call = lambda call: answer(self, call)
        self.link.on_lost = self._on_lost
        self.reports = Reports(
            time,
            self.link,
            self.connector,
            self.configuration,
            self.character.meter,
            random.randrange(HEARTBEAT_PHASES_MS),
        )
        self.lifecycle = Lifecycle(
            time, self.link, self.character, self.configuration, ocpp_id[:25], random, self._greet
        )

    # Drivers

    def plug(self, car: Car) -> None:
        """Plug a car in. Raises `ValueError` where another one is."""
        if self.connector.car is not None:
            raise ValueError(f"{self.ocpp_id} has a car already")
        self.connector.plug(car)
        self.refresh()

    def unplug(self) -> None:
        """Take the car away, and end its transaction."""
        self.stop("EVDisconnected")
        self.connector.unplug()
        self.refresh()

    async def authorize(self, token: str) -> str:
        """Present a token; the status of the answer. Raises `CallFailed`."""
        if len(token) > MAX_TOKEN:
            raise ValueError(f"an idTag has at most {MAX_TOKEN} characters")
        authorized = await self.link.call("Authorize", {"idTag": token})
        return str(authorized["idTagInfo"]["status"])

    async def start(self, token: str) -> str:
        """Begin a transaction: current may flow at once. The status that the central system gives it.

        One that is not accepted, or never answered, ends. Raises `CallFailed`.
        """
        transaction = self.connector.begin(token)
        self.reports.schedule()
        self.refresh()
        try:
            started = await self.link.call(
                "StartTransaction",
                {
                    "connectorId": CONNECTOR,
                    "idTag": token,
                    "meterStart": transaction.meter_start_wh,
                    "timestamp": self.time.now_text,
                },
                persistent=True,
            )
        except CallFailed:
            self._end(transaction)
            self.link.discard(transaction)
            raise
        transaction.id = started["transactionId"]
        status = str(started["idTagInfo"]["status"])
        if status != "Accepted" and self.connector.transaction is transaction:
            self.stop("DeAuthorized")
        self.link.pump()
        return status

    def stop(self, reason: str) -> None:
        """End the transaction, if one runs: the contactor opens now, StopTransaction is sent when it can be."""
        transaction = self.connector.transaction
        if transaction is None:
            return
        self._end(transaction)
        self.link.send(
            "StopTransaction",
            {
                "idTag": transaction.token,
                "meterStop": round(self.connector.register_wh),
                "timestamp": self.time.now_text,
                "reason": reason,
            },
            persistent=True,
            transaction=transaction,
        )

    # The central system

    def put_profile(self, connector: int, raw: dict[str, Any]) -> None:
        """Install a charging profile. Raises `BadProfile`."""
        self.connector.put_profile(connector, raw)
        self.refresh()

    def clear_profiles(self, selection: Selection) -> bool:
        """Remove the charging profiles that a selection matches; whether there were any."""
        found = self.connector.clear_profiles(selection)
        self.refresh()
        return found

    def reset(self, kind: str) -> None:
        """A Soft or Hard reset: the transaction ends, and the charge point boots again."""
        self.stop(f"{kind}Reset")
        self.lifecycle.restart()

    def afterwards(self, action: Callable[[], object]) -> None:
        """Do something at this instant, after the answer."""
        self.time.at(self.time.now_ms, action)

    # What follows from it

    def refresh(self) -> None:
        """Give the car the pilot of this instant, and report a changed status."""
        self.connector.steer()
        status = self.connector.status()
        if status != self.status:
            self.status = status
            self.reports.status(status)
            for callback in self.on_status:
                callback(status)
            self.status_changed.fire()

    def _end(self, transaction: Transaction) -> None:
        if self.connector.transaction is transaction:
            self.connector.end()
            self.reports.schedule()
            self.refresh()

    def _greet(self) -> None:
        """The central system is reached: report the status, and send what has waited."""
        self.reports.status(self.status)
        self.reports.schedule()
        self.link.pump()

    def _on_lost(self) -> None:
        if not self.character.keeps_profile_offline:
            self.clear_profiles(OF_TRANSACTIONS)
        self.reports.schedule()
        self.refresh()
        self.lifecycle.on_lost()
