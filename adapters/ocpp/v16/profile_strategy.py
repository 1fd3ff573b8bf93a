"""Ways to put a limit to a charger. Chargers differ, so there are options: a refused one is followed by the next.

The configuration that a charger reports rules options out beforehand. All of it is learnt anew on each socket. One
refusal may be of a moment only: an option is tried again with the next limit, and ruled out when it is refused twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ocpp.v16.enums import ChargingProfileKindType as Kind
from ocpp.v16.enums import ChargingProfilePurposeType as Purpose
from ocpp.v16.enums import ChargingRateUnitType as Unit

RULED_OUT = 2
"""Refusals of an option, none of them followed by an acceptance."""


@dataclass(frozen=True, slots=True)
class ProfileOption:
    """`connector` 0: the whole charger. A lease in the place of the fail-safe limit returns to it by itself."""

    purpose: Purpose
    unit: Unit
    kind: Kind
    stack_level: int = 0
    connector: int = 0

    def __str__(self) -> str:
        kind, place = self.kind.value, f"level {self.stack_level}, connector {self.connector}"
        return f"{self.purpose.value} {kind} in {self.unit.value} ({place})"

    def replaces(self, other: ProfileOption) -> bool:
        """Whether the profile of one takes the place of the other's."""
        mine = (self.purpose, self.stack_level, self.connector)
        return mine == (other.purpose, other.stack_level, other.connector)


UNITS_IN_ORDER = (Unit.amps, Unit.watts)
"""Watts last: how a charger divides them among its phases is not known."""

FAILSAFE_OPTIONS = (
    *(
        ProfileOption(Purpose.tx_default_profile, unit, kind, connector=connector)
        for unit in UNITS_IN_ORDER
        for connector in (0, 1)
        for kind in (Kind.relative, Kind.absolute)
    ),
    *(
        ProfileOption(Purpose.charge_point_max_profile, unit, kind)
        for unit in UNITS_IN_ORDER
        for kind in (Kind.absolute, Kind.relative)
    ),
)
"""A ChargePointMaxProfile bounds all else: where it is the fail-safe limit, the lease has to take its place."""
LEASE_OPTIONS = (
    *(
        ProfileOption(Purpose.tx_profile, unit, kind, stack_level)
        for unit in UNITS_IN_ORDER
        for stack_level in (1, 0)
        for kind in (Kind.absolute, Kind.relative)
    ),
    *(
        ProfileOption(purpose, unit, Kind.absolute)
        for purpose in (Purpose.tx_default_profile, Purpose.charge_point_max_profile)
        for unit in UNITS_IN_ORDER
    ),
)
"""In the place of the fail-safe limit `Relative` would begin anew with the next transaction."""


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
            and (self.max_profiles is None or self.max_profiles > 1 or option.purpose is not Purpose.tx_profile)
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


Allow = Callable[[ProfileOption], bool]


class ProfileStrategy:
    """The options of one purpose, the one that a charger is sent now, and those that it refused."""

    def __init__(self, options: Sequence[ProfileOption]) -> None:
        self._options = options
        self._refusals: Counter[ProfileOption] = Counter()
        self._after: ProfileOption | None = None
        """The last that was refused of this limit."""

    def option(self, allow: Allow) -> ProfileOption:
        """The option to try now; if none is allowed, what the charger reports of itself is not believed."""
        return next(iter(self._rest(allow)), self._options[0])

    def refused(self, option: ProfileOption, allow: Allow) -> bool:
        """Go on to the next option. False: all were refused; the next limit starts from the first."""
        self._refusals[option] += 1
        self._after = option
        if self._rest(allow):
            return True
        self._after = None
        if not self._rest(allow):
            self._refusals.clear()
        return False

    def accepted(self, option: ProfileOption) -> None:
        """The next limit starts from the first option that is not ruled out.

        Earlier ones for another place are: there a profile would not replace this one, which would stay and bind.
        """
        del self._refusals[option]
        for other in self._options[: self._options.index(option)]:
            if not other.replaces(option):
                self._refusals[other] = RULED_OUT
        self._after = None

    def better(self, option: ProfileOption, allow: Allow) -> ProfileOption | None:
        """An earlier option that was refused but once, and would take the place of this one."""
        earlier = self._options[: self._options.index(option)]
        return next((one for one in earlier if one in self._rest(allow) and one.replaces(option)), None)

    def rule_out(self, option: ProfileOption) -> None:
        """It was refused once more."""
        self._refusals[option] = RULED_OUT

    def tried(self, last: ProfileOption) -> str:
        """The options that were refused, and the `last` one, in words."""
        return ", ".join(str(option) for option in self._options if self._refusals[option] or option == last)

    def _rest(self, allow: Allow) -> list[ProfileOption]:
        start = self._options.index(self._after) + 1 if self._after is not None else 0
        return [one for one in self._options[start:] if allow(one) and self._refusals[one] < RULED_OUT]
