"""An outlet: a connector as drivers use it, and its messages. Of several, each has its car and its transaction."""

from __future__ import annotations

from collections.abc import Callable

from simulators.charger.battery import Car
from simulators.charger.clock import Clock
from simulators.charger.connector import Connector
from simulators.charger.link import CallFailed, Link, Transaction
from simulators.charger.reports import Reports
from simulators.time.virtual_time import Signal, VirtualTime

MAX_TOKEN = 20


class Outlet:
    """Plugs and tokens come from drivers; current goes to the car.

    `status_changed` fires when the status changes; `on_status` are called with each new status.
    """

    def __init__(
        self,
        outlet_id: str,
        time: VirtualTime,
        clock: Clock,
        link: Link,
        connector: Connector,
        reports: Reports,
        *,
        loses_every_stop: int = 0,
    ) -> None:
        """`loses_every_stop`: of so many transactions that end, the last is never reported to have; 0: all are."""
        self.id = outlet_id
        """Its id in the server's REST API."""
        self.connector = connector
        self.reports = reports
        self.status = "Available"
        self.status_changed = Signal(time)
        self.on_status: list[Callable[[str], None]] = []
        self._clock = clock
        self._link = link
        self._loses_every_stop = loses_every_stop
        self._stops = 0

    # Drivers

    def plug(self, car: Car) -> None:
        """Plug a car in. Raises `ValueError` where another one is."""
        if self.connector.car is not None:
            raise ValueError(f"{self.id} has a car already")
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
        authorized = await self._link.call("Authorize", {"idTag": token})
        return str(authorized["idTagInfo"]["status"])

    async def start(self, token: str) -> str:
        """Begin a transaction: current may flow at once. The status that the central system gives it.

        One that is not accepted, or never answered, ends. Raises `CallFailed`.
        """
        transaction = self.connector.begin(token)
        self.reports.schedule()
        self.refresh()
        try:
            started = await self._link.call(
                "StartTransaction",
                {
                    "connectorId": self.connector.number,
                    "idTag": token,
                    "meterStart": transaction.meter_start_wh,
                    "timestamp": self._clock.now_text,
                },
                persistent=True,
            )
        except CallFailed:
            self._end(transaction)
            self._link.discard(transaction)
            raise
        transaction.id = started["transactionId"]
        status = str(started["idTagInfo"]["status"])
        if status != "Accepted" and self.connector.transaction is transaction:
            self.stop("DeAuthorized")
        self._link.pump()
        return status

    def stop(self, reason: str) -> None:
        """End the transaction, if one runs: the contactor opens now, StopTransaction is sent when it can be."""
        transaction = self.connector.transaction
        if transaction is None:
            return
        self._end(transaction)
        if self._is_lost():
            return
        self._link.send(
            "StopTransaction",
            {
                "idTag": transaction.token,
                "meterStop": round(self.connector.reading_wh),
                "timestamp": self._clock.now_text,
                "reason": reason,
            },
            persistent=True,
            transaction=transaction,
        )

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

    def greet(self) -> None:
        """The central system is reached: report the status, and meter values as configured."""
        self.reports.status(self.status)
        self.reports.schedule()

    def _end(self, transaction: Transaction) -> None:
        if self.connector.transaction is transaction:
            self.connector.end()
            self.reports.schedule()
            self.refresh()

    def _is_lost(self) -> bool:
        self._stops += 1
        return self._loses_every_stop > 0 and self._stops % self._loses_every_stop == 0
