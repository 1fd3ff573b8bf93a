"""The messages that a charge point sends by itself: its status, heartbeats and meter values."""

from __future__ import annotations

from collections.abc import Callable

from simulators.charger.configuration import Configuration
from simulators.charger.connector import Connector
from simulators.charger.link import Link
from simulators.charger.metering import MeterStyle, meter_value
from simulators.charger.profiles import CONNECTOR
from simulators.time.virtual_time import Repeater, VirtualTime


class Reports:
    """Heartbeats and meter values are repeated at the intervals of the configuration, from `schedule` on."""

    def __init__(
        self,
        time: VirtualTime,
        link: Link,
        connector: Connector,
        configuration: Configuration,
        style: MeterStyle,
        heartbeat_phase_ms: int,
    ) -> None:
        self._time = time
        self._link = link
        self._connector = connector
        self._configuration = configuration
        self._style = style
        self._heartbeat_phase_ms = heartbeat_phase_ms
        self._heartbeats = Repeater(time, self.heartbeat)
        self._aligned = Repeater(time, self._of("aligned"))
        self._sampled = Repeater(time, self._of("sampled"))

    def schedule(self) -> None:
        """Repeat heartbeats, clock-aligned and sampled meter values as configured from now on."""
        seconds = self._configuration.seconds
        transaction = self._connector.transaction
        self._heartbeats.every(seconds("HeartbeatInterval") if self._link.connected else 0, self._heartbeat_phase_ms)
        self._aligned.every(seconds("ClockAlignedDataInterval"))
        if transaction is not None:
            self._sampled.every(seconds("MeterValueSampleInterval"), transaction.started_ms)
        else:
            self._sampled.every(0)

    def status(self, status: str) -> None:
        """Send a StatusNotification of the connector."""
        self._link.send(
            "StatusNotification",
            {
                "connectorId": CONNECTOR,
                "errorCode": "NoError",
                "status": status,
                "timestamp": self._time.now_text,
            },
        )

    def heartbeat(self) -> None:
        self._link.send("Heartbeat", {})

    def meter_values(self, occasion: str) -> None:
        """Send the MeterValues of this instant. An outage delays those of a transaction and loses the others."""
        connector = self._connector
        value = meter_value(
            self._time.now_text,
            occasion,
            self._style,
            connector.register_wh,
            connector.current_a(),
            connector.voltage_v,
            connector.phases,
        )
        transaction = connector.transaction
        fields = {"connectorId": CONNECTOR, "meterValue": [value]}
        self._link.send("MeterValues", fields, persistent=transaction is not None, transaction=transaction)

    def _of(self, occasion: str) -> Callable[[], None]:
        return lambda: self.meter_values(occasion)
