"""How a limit can be put to a charger. Chargers differ, so there are rungs: what is refused is tried in the next way.

What the charger tells in its configuration rules rungs out beforehand. All of it is learnt anew on each socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ocpp.v16.enums import ChargingProfilePurposeType as Purpose
from ocpp.v16.enums import ChargingRateUnitType as Unit


@dataclass(frozen=True, slots=True)
class Rung:
    """`connector` 0: the whole charger. A lease by TxDefaultProfile takes the place of the floor, and returns to it."""

    purpose: Purpose
    unit: Unit
    stack_level: int = 0
    connector: int = 0


FLOOR = (
    Rung(Purpose.tx_default_profile, Unit.amps),
    Rung(Purpose.tx_default_profile, Unit.watts),
    Rung(Purpose.tx_default_profile, Unit.amps, connector=1),
    Rung(Purpose.tx_default_profile, Unit.watts, connector=1),
)
LEASE = (
    Rung(Purpose.tx_profile, Unit.amps, stack_level=1),
    Rung(Purpose.tx_profile, Unit.watts, stack_level=1),
    Rung(Purpose.tx_profile, Unit.amps),
    Rung(Purpose.tx_profile, Unit.watts),
    Rung(Purpose.tx_default_profile, Unit.amps),
    Rung(Purpose.tx_default_profile, Unit.watts),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a charger told of itself; None: it did not."""

    units: frozenset[Unit] | None = None
    max_stack_level: int | None = None
    max_profiles: int | None = None

    def allow(self, rung: Rung) -> bool:
        return (
            (self.units is None or rung.unit in self.units)
            and (self.max_stack_level is None or rung.stack_level <= self.max_stack_level)
            and (self.max_profiles is None or self.max_profiles > 1 or rung.purpose is Purpose.tx_default_profile)
        )


UNITS = {"current": Unit.amps, "a": Unit.amps, "power": Unit.watts, "w": Unit.watts}


def facts(configuration: Mapping[str, str]) -> Facts:
    """From configuration keys (OCPP 1.6, 9.4). The unit is "Current" or "Power", and from some chargers "A" or "W"."""
    named = configuration.get("ChargingScheduleAllowedChargingRateUnit", "").lower().split(",")
    units = frozenset(UNITS[name.strip()] for name in named if name.strip() in UNITS)
    return Facts(
        units=units or None,
        max_stack_level=_number(configuration.get("ChargeProfileMaxStackLevel", "")),
        max_profiles=_number(configuration.get("MaxChargingProfilesInstalled", "")),
    )


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


class Ladder:
    """Where a charger stands on a row of rungs."""

    def __init__(self, rungs: Sequence[Rung]) -> None:
        self._rungs = rungs
        self._at = 0

    def rung(self, known: Facts) -> Rung:
        """The way to try now: the first allowed one from here on; if none is, the facts are not believed."""
        rest = self._rungs[self._at :]
        return next((rung for rung in rest if known.allow(rung)), rest[0])

    def refused(self, rung: Rung, known: Facts) -> bool:
        """Step on. False: every way was refused; the next limit starts from the top."""
        after = range(self._rungs.index(rung) + 1, len(self._rungs))
        self._at = next((at for at in after if known.allow(self._rungs[at])), 0)
        return self._at > 0
