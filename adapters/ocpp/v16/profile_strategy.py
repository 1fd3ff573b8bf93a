"""Ways to put a limit to a charger. Chargers differ, so there are options: a refused one is followed by the next.

The configuration that a charger reports rules options out beforehand. All of it is learnt anew on each socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ocpp.v16.enums import ChargingProfilePurposeType as Purpose
from ocpp.v16.enums import ChargingRateUnitType as Unit


@dataclass(frozen=True, slots=True)
class ProfileOption:
    """`connector` 0: the whole charger. A lease by TxDefaultProfile replaces the fail-safe limit, and returns to it."""

    purpose: Purpose
    unit: Unit
    stack_level: int = 0
    connector: int = 0


FAILSAFE_OPTIONS = (
    ProfileOption(Purpose.tx_default_profile, Unit.amps),
    ProfileOption(Purpose.tx_default_profile, Unit.watts),
    ProfileOption(Purpose.tx_default_profile, Unit.amps, connector=1),
    ProfileOption(Purpose.tx_default_profile, Unit.watts, connector=1),
)
LEASE_OPTIONS = (
    ProfileOption(Purpose.tx_profile, Unit.amps, stack_level=1),
    ProfileOption(Purpose.tx_profile, Unit.watts, stack_level=1),
    ProfileOption(Purpose.tx_profile, Unit.amps),
    ProfileOption(Purpose.tx_profile, Unit.watts),
    ProfileOption(Purpose.tx_default_profile, Unit.amps),
    ProfileOption(Purpose.tx_default_profile, Unit.watts),
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a charger reported of itself; None: it did not."""

    units: frozenset[Unit] | None = None
    max_stack_level: int | None = None
    max_profiles: int | None = None

    def allow(self, option: ProfileOption) -> bool:
        return (
            (self.units is None or option.unit in self.units)
            and (self.max_stack_level is None or option.stack_level <= self.max_stack_level)
            and (self.max_profiles is None or self.max_profiles > 1 or option.purpose is Purpose.tx_default_profile)
        )


UNITS = {"current": Unit.amps, "a": Unit.amps, "power": Unit.watts, "w": Unit.watts}


def capabilities_of(configuration: Mapping[str, str]) -> Capabilities:
    """From configuration keys (OCPP 1.6, 9.4). The unit is "Current" or "Power", and from some chargers "A" or "W"."""
    named = configuration.get("ChargingScheduleAllowedChargingRateUnit", "").lower().split(",")
    units = frozenset(UNITS[name.strip()] for name in named if name.strip() in UNITS)
    return Capabilities(
        units=units or None,
        max_stack_level=_number(configuration.get("ChargeProfileMaxStackLevel", "")),
        max_profiles=_number(configuration.get("MaxChargingProfilesInstalled", "")),
    )


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


class ProfileStrategy:
    """The options of one purpose, and the one that a charger is sent now."""

    def __init__(self, options: Sequence[ProfileOption]) -> None:
        self._options = options
        self._at = 0

    def option(self, known: Capabilities) -> ProfileOption:
        """The option to try now: the next that the capabilities allow; if they allow none, they are not believed."""
        rest = self._options[self._at :]
        return next((option for option in rest if known.allow(option)), rest[0])

    def refused(self, option: ProfileOption, known: Capabilities) -> bool:
        """Go on to the next option. False: all were refused; the next limit starts from the first."""
        after = range(self._options.index(option) + 1, len(self._options))
        self._at = next((at for at in after if known.allow(self._options[at])), 0)
        return self._at > 0
