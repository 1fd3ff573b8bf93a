"""The life of a charge point on its line: power-up, boot, outage, reset, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulators.charger.configuration import Configuration
from simulators.charger.dial import CouldNotConnect
from simulators.charger.link import CallFailed, Link
from simulators.charger.personality import Personality
from simulators.time.virtual_time import VirtualTime

RECONNECT_S = 10
RETRY_CONNECT_S = 30
RESTART_S = 30


class Lifecycle:
    """Connects and boots; a lost line is connected again. `greet` is called after each time it got through."""

    def __init__(
        self,
        time: VirtualTime,
        link: Link,
        character: Personality,
        configuration: Configuration,
        serial_number: str,
        random: Random,
        greet: Callable[[], None],
    ) -> None:
        self._time = time
        self._link = link
        self._character = character
        self._configuration = configuration
        self._serial_number = serial_number
        self._random = random
        self._greet = greet
        self._restarting = False
        self._away_s: float | None = None
        self._closing = False

    async def power_up(self) -> None:
        """Connect and boot. Raises `CouldNotConnect`."""
        await self._link.connect()
        await self._get_through(boots=True)

    async def boot(self) -> None:
        """Send BootNotification until it is accepted, at the interval that the central system sets."""
        while self._link.connected:
            try:
                answer = await self._link.call(
                    "BootNotification",
                    {
                        "chargePointVendor": "Commonwatt",
                        "chargePointModel": "Simulated",
                        "chargePointSerialNumber": self._serial_number,
                        "firmwareVersion": "1.0",
                    },
                    first=True,
                )
            except CallFailed:
                await self._time.sleep(RETRY_CONNECT_S)
                if self._link.registered:
                    return  # by the boot after a reconnection
                continue
            interval_s = max(1, int(answer["interval"]))
            if answer["status"] == "Accepted":
                self._configuration.change("HeartbeatInterval", str(interval_s))
                self._link.registered = True
                return
            await self._time.sleep(interval_s)

    def outage(self, away_s: float) -> None:
        """The line goes dead and comes back after `away_s`."""
        self._away_s = away_s
        self._link.drop()

    def restart(self) -> None:
        """The charge point goes away for a moment, and boots again."""
        self._restarting = True
        self.outage(RESTART_S)

    async def close(self) -> None:
        """Go away for good."""
        self._closing = True
        await self._link.close()

    def on_lost(self) -> None:
        """The line is lost: connect again, after the outage or a random pause."""
        if self._closing:
            return
        away_s = self._away_s if self._away_s is not None else RECONNECT_S * (1 + self._random.random())
        self._away_s = None
        self._time.spawn(self._reconnect(away_s))

    async def _reconnect(self, away_s: float) -> None:
        await self._time.sleep(away_s)
        while not self._closing:
            try:
                await self._link.connect()
            except CouldNotConnect:
                await self._time.sleep(RETRY_CONNECT_S * (1 + self._random.random()))
                continue
            boots = self._restarting or self._character.boots_on_reconnect or not self._link.registered
            self._restarting = False
            await self._get_through(boots)
            return

    async def _get_through(self, boots: bool) -> None:
        if boots:
            self._link.registered = False
            await self.boot()
        self._greet()
