"""The fairness score: 0 to 1 in ppm, explained in parts; higher means more deserving of power and of a charger.

Whatever is unknown leaves its part neutral: a missing reading never grants and never punishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

WHOLE_PPM = 1_000_000
NEUTRAL_PPM = WHOLE_PPM // 2

ENERGY_WEIGHT_PPM = 400_000
WAITING_WEIGHT_PPM = 200_000
SLACK_WEIGHT_PPM = 400_000
"""The weights of the parts (ppm); their sum is 1,000,000."""

HALF_WAITING_MS = 3_600_000
"""A wait of this length (ms) is worth half of the waiting part."""
HALF_SLACK_MS = 2 * 3_600_000
"""Slack of this length before the deadline (ms) costs half of the slack part."""

HALF_LIFE_MS = 14 * 24 * 3_600_000
"""Energy received this long ago counts half."""
KEPT_BITS = 128
KEPT_A_MS = 0xFFFFFFFD89F00BAC0F9743D9FC38ACC8
"""2^(-1 / HALF_LIFE_MS), the part that a millisecond leaves, in units of 2^-128."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score and the parts that it is the weighted mean of, all 0 to 1,000,000 ppm."""

    total_ppm: int
    energy_ppm: int
    waiting_ppm: int
    slack_ppm: int


def score(
    *, received_mwh: int | None, mean_received_mwh: int | None, waited_ms: int | None, laxity_ms: int | None
) -> Score:
    """The fairness of giving to this car rather than to another. None: unknown.

    `received_mwh` is what the member has received in congested hours (decayed, milliwatt-hours), `mean_received_mwh`
    the mean over the community; `waited_ms` the time without a charger or paused; `laxity_ms` see `laxity_ms()`.
    """
    energy_ppm = _energy_part_ppm(received_mwh, mean_received_mwh)
    waiting_ppm = NEUTRAL_PPM if waited_ms is None else WHOLE_PPM - _falling_ppm(waited_ms, HALF_WAITING_MS)
    slack_ppm = NEUTRAL_PPM if laxity_ms is None else _falling_ppm(laxity_ms, HALF_SLACK_MS)
    weighted = energy_ppm * ENERGY_WEIGHT_PPM + waiting_ppm * WAITING_WEIGHT_PPM + slack_ppm * SLACK_WEIGHT_PPM
    return Score(weighted // WHOLE_PPM, energy_ppm, waiting_ppm, slack_ppm)


def _energy_part_ppm(received_mwh: int | None, mean_mwh: int | None) -> int:
    """1 for a member who received nothing, a half for the mean; neutral where nobody received anything."""
    if received_mwh is None or not mean_mwh:
        return NEUTRAL_PPM
    return _falling_ppm(received_mwh, mean_mwh)


def _falling_ppm(amount: int, half_at: int) -> int:
    """1 at 0 and below, a half at `half_at`, towards 0 beyond."""
    return WHOLE_PPM * half_at // (half_at + max(0, amount))


def laxity_ms(now_ms: int, depart_ms: int | None, need_wh: int | None, full_w: int) -> int | None:
    """Slack: the time until departure less the time needed at full rate. Negative: it can't be met any more.

    None where the departure or the need is unknown, or where there is no rate to charge at.
    """
    if depart_ms is None or need_wh is None or full_w <= 0:
        return None
    return depart_ms - now_ms - -(-need_wh * 3_600_000 // full_w)


@dataclass(frozen=True, slots=True)
class Received:
    """What a member received in congested hours: decayed milliwatt-hours, as of `at_ms`."""

    energy_mwh: int = 0
    at_ms: int = 0

    def plus(self, energy_wh: int, time_ms: int) -> Received:
        """With `energy_wh` more, received at `time_ms`."""
        now_ms = max(time_ms, self.at_ms)
        return Received(self.mwh_at(now_ms) + energy_wh * 1000, now_ms)

    def mwh_at(self, time_ms: int) -> int:
        """What counts of it at `time_ms`."""
        return decay(self.energy_mwh, time_ms - self.at_ms)


def mean_received_mwh(community: Iterable[Received], time_ms: int) -> int | None:
    """The mean of what counts at `time_ms`; None where no member is known."""
    counted = [received.mwh_at(time_ms) for received in community]
    return sum(counted) // len(counted) if counted else None


def decay(energy_mwh: int, elapsed_ms: int) -> int:
    """What `elapsed_ms` leave of `energy_mwh`: half after 14 days, to the nearest; time never runs backwards."""
    return energy_mwh * _kept(elapsed_ms) + (1 << KEPT_BITS - 1) >> KEPT_BITS


@lru_cache(4_096)  # one decision asks for the same times of all members several times
def _kept(elapsed_ms: int) -> int:
    """The part that is left, in units of 2^-128.

    Repeated squaring in fixed point: exact to far below 1 mWh, and the same on every machine.
    """
    kept = 1 << KEPT_BITS
    square = KEPT_A_MS
    while elapsed_ms > 0:
        if elapsed_ms & 1:
            kept = kept * square >> KEPT_BITS
        square = square * square >> KEPT_BITS
        elapsed_ms >>= 1
    return kept
