"""The messages that a charge point sends by itself of a connector: its status and its meter values."""

from __future__ import annotations

from collections.abc import Callable

from simulators.charger.clock import Clock
from simulators.charger.configuration import Configuration
from simulators.charger.connector import Connector
from simulators.charger.frames import Payload
from simulators.charger.link import Link
from simulators.charger.metering import MeterStyle, meter_value
from simulators.time.virtual_time import Repeater, VirtualTime


class Reports:
    """Meter values are repeated at the intervals of the configuration, from `schedule` on."""

    def __init__(
        self,
        time: VirtualTime,
        clock: Clock,
        link: Link,
        connector: Connector,
        configuration: Configuration,
        style: MeterStyle,
    ) -> None:
        self._clock = clock
        self._link = link
        self._connector = connector
        self._configuration = configuration
        self._style = style
        self._aligned = Repeater(time, self._of("aligned"))
        self._sampled = Repeater(time, self._of("sampled"))

    def schedule(self) -> None:
        """Repeat clock-aligned and sampled meter values as configured from now on."""
        seconds = self._configuration.seconds
        transaction = self._connector.transaction
        self._aligned.every(seconds("ClockAlignedDataInterval"), -self._clock.ahead_ms)
        if transaction is not None:
            started_ms = transaction.started_ms - self._clock.ahead_ms
            self._sampled.every(seconds("MeterValueSampleInterval"), started_ms)
        else:
            self._sampled.every(0)

    def status(self, status: str) -> None:
        """Send a StatusNotification."""
        self._link.send("StatusNotification", status_notification(self._connector.number, status, self._clock))

    def meter_values(self, occasion: str) -> None:
        """Send the MeterValues of this instant. An outage delays those of a transaction and loses the others."""
        connector = self._connector
        value = meter_value(
            self._clock.now_text,
            occasion,
            self._style,
            connector.reading_wh,
            connector.currents_a(),
            connector.voltage_v,
        )
        transaction = connector.transaction
        fields = {"connectorId": connector.number, "meterValue": [value]}
        self._link.send("MeterValues", fields, persistent=transaction is not None, transaction=transaction)

    def _of(self, occasion: str) -> Callable[[], None]:
        return lambda: self.meter_values(occasion)


def status_notification(connector: int, status: str, clock: Clock) -> Payload:
    """The fields of a StatusNotification without an error."""
    return {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": clock.now_text}
