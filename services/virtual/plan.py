"""What a run in virtual time is drawn from, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.charger.personality import COMPLIANT, Personality

DETECTION_S = 75.0
"""How long an overload may take until it is seen and ended: part of the safety argument (`docs/safety.md`)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A site of chargers at one node, its cars, and the faults of each day. The same plan gives the same log.

    `characters` are those of the chargers, by turns. `limit_a` is per phase, `loss` a share of the frames. Per day,
    `outages` are of each charger, `uplink_outages` of the site's uplink, `kills` of the server.
    """

    seed: int
    days: float = 1.0
    chargers: int = 10
    phases: int = 1
    limit_a: float = 120.0
    characters: Sequence[Personality] = (COMPLIANT,)
    loss: float = 0.0
    outages: int = 0
    uplink_outages: int = 0
    kills: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """Of each overload `overload_s` counts what exceeds `DETECTION_S`, `overload_detect_s` the rest.

    `detection_s` is the longest overload. `stuck` counts the outlets without a car that are not usable in the end, and
    have no alarm. `digest` is a hash of the log.
    """

    overload_s: float
    overload_detect_s: float
    detection_s: float
    energy_kwh: float
    visits: int
    stuck: int
    events: int
    digest: str
