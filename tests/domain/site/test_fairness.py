from decimal import Decimal, getcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.site.fairness import (
    ENERGY_WEIGHT_PPM,
    HALF_LIFE_MS,
    HALF_SLACK_MS,
    HALF_WAITING_MS,
    KEPT_A_MS,
    KEPT_BITS,
    NEUTRAL_PPM,
    SLACK_WEIGHT_PPM,
    WAITING_WEIGHT_PPM,
    WHOLE_PPM,
    Received,
    Score,
    decay,
    laxity_ms,
    mean_received_mwh,
    score,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def test_unknown_parts_are_neutral() -> None:
    unknown = score(received_mwh=None, mean_received_mwh=None, waited_ms=None, laxity_ms=None)
    assert unknown == Score(NEUTRAL_PPM, NEUTRAL_PPM, NEUTRAL_PPM, NEUTRAL_PPM)


def test_one_unknown_part_leaves_the_others_alone() -> None:
    found = score(received_mwh=None, mean_received_mwh=5, waited_ms=0, laxity_ms=0)
    assert (found.energy_ppm, found.waiting_ppm, found.slack_ppm) == (NEUTRAL_PPM, 0, WHOLE_PPM)


@pytest.mark.parametrize(("received_mwh", "part_ppm"), [(0, 1_000_000), (9_000, 500_000), (27_000, 250_000)])
def test_who_received_less_in_congested_hours_scores_higher(received_mwh: int, part_ppm: int) -> None:
    found = score(received_mwh=received_mwh, mean_received_mwh=9_000, waited_ms=None, laxity_ms=None)
    assert found.energy_ppm == part_ppm


def test_energy_is_neutral_before_anybody_received_anything() -> None:
    assert score(received_mwh=0, mean_received_mwh=0, waited_ms=None, laxity_ms=None).energy_ppm == NEUTRAL_PPM


@pytest.mark.parametrize(
    ("waited_ms", "part_ppm"), [(0, 0), (HALF_WAITING_MS, 500_000), (3 * HALF_WAITING_MS, 750_000)]
)
def test_who_waited_longer_scores_higher(waited_ms: int, part_ppm: int) -> None:
    found = score(received_mwh=None, mean_received_mwh=None, waited_ms=waited_ms, laxity_ms=None)
    assert found.waiting_ppm == part_ppm


@pytest.mark.parametrize(
    ("slack_ms", "part_ppm"),
    [(-1, 1_000_000), (0, 1_000_000), (HALF_SLACK_MS, 500_000), (4 * HALF_SLACK_MS, 200_000)],
)
def test_who_has_less_slack_scores_higher(slack_ms: int, part_ppm: int) -> None:
    found = score(received_mwh=None, mean_received_mwh=None, waited_ms=None, laxity_ms=slack_ms)
    assert found.slack_ppm == part_ppm


def test_the_weights_of_the_parts_make_a_whole() -> None:
    assert ENERGY_WEIGHT_PPM + WAITING_WEIGHT_PPM + SLACK_WEIGHT_PPM == WHOLE_PPM


amounts = st.none() | st.integers(0, 10**12)


@given(amounts, amounts, amounts, st.none() | st.integers(-(10**10), 10**10))
def test_the_total_is_the_weighted_mean_of_the_parts(
    received: int | None, mean: int | None, waited: int | None, laxity: int | None
) -> None:
    found = score(received_mwh=received, mean_received_mwh=mean, waited_ms=waited, laxity_ms=laxity)
    parts = (found.energy_ppm, found.waiting_ppm, found.slack_ppm)
    assert all(0 <= part <= WHOLE_PPM for part in parts)
    exact = ENERGY_WEIGHT_PPM * parts[0] + WAITING_WEIGHT_PPM * parts[1] + SLACK_WEIGHT_PPM * parts[2]
    assert found.total_ppm * WHOLE_PPM <= exact < (found.total_ppm + 1) * WHOLE_PPM


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_more_received_more_slack_and_less_waiting_never_raise_the_score(amount: int, more: int, mean: int) -> None:
    def total(received: int, waited: int, laxity: int) -> int:
        return score(received_mwh=received, mean_received_mwh=mean, waited_ms=waited, laxity_ms=laxity).total_ppm

    base = total(amount, amount + more, amount)
    assert total(amount + more, amount + more, amount) <= base
    assert total(amount, amount, amount) <= base
    assert total(amount, amount + more, amount + more) <= base


# --- slack ------------------------------------------------------------------------------------------------------------


def test_laxity_is_the_time_left_less_the_time_needed_at_full_rate() -> None:
    assert laxity_ms(1000, 1000 + 3 * HOUR_MS, 7_000, 7_000) == 2 * HOUR_MS
    assert laxity_ms(1000, 1000 + HOUR_MS, 14_000, 7_000) == -HOUR_MS
    assert laxity_ms(0, 10, 0, 7_000) == 10


def test_the_time_needed_is_rounded_up() -> None:
    assert laxity_ms(0, HOUR_MS, 1, 7_000) == HOUR_MS - 515


@pytest.mark.parametrize(("depart_ms", "need_wh", "full_w"), [(None, 1, 1), (1, None, 1), (1, 1, 0)])
def test_laxity_is_unknown_where_a_part_is(depart_ms: int | None, need_wh: int | None, full_w: int) -> None:
    assert laxity_ms(0, depart_ms, need_wh, full_w) is None


# --- decay ------------------------------------------------------------------------------------------------------------


def test_the_factor_of_a_millisecond_halves_in_fourteen_days() -> None:
    getcontext().prec = 60
    factor = Decimal(2) ** (Decimal(-1) / Decimal(14 * DAY_MS))
    assert HALF_LIFE_MS == 14 * DAY_MS
    assert abs(Decimal(KEPT_A_MS) - factor * 2**KEPT_BITS) <= 1


def test_energy_halves_every_fourteen_days() -> None:
    assert [decay(80_000, days * DAY_MS) for days in (0, 14, 28, 42)] == [80_000, 40_000, 20_000, 10_000]


def test_time_never_runs_backwards() -> None:
    assert decay(1_000, -DAY_MS) == 1_000


@given(st.integers(0, 10**12), st.integers(0, 400 * DAY_MS))
def test_decay_is_the_exponential_to_the_nearest(energy_mwh: int, elapsed: int) -> None:
    getcontext().prec = 60
    exact = Decimal(energy_mwh) * Decimal(2) ** (-Decimal(elapsed) / Decimal(HALF_LIFE_MS))
    assert abs(decay(energy_mwh, elapsed) - exact) <= Decimal("0.500001")


@given(st.integers(0, 10**12), st.integers(0, 100 * DAY_MS), st.integers(0, 100 * DAY_MS))
def test_decay_in_two_parts_is_decay_in_one(energy_mwh: int, first: int, second: int) -> None:
    assert abs(decay(decay(energy_mwh, first), second) - decay(energy_mwh, first + second)) <= 1


def test_received_energy_is_added_to_what_is_left() -> None:
    received = Received().plus(10, DAY_MS).plus(7, 15 * DAY_MS)
    assert received == Received(5_000 + 7_000, 15 * DAY_MS)
    assert received.mwh_at(29 * DAY_MS) == 6_000


def test_energy_told_late_counts_in_full() -> None:
    assert Received(1_000, 5_000).plus(1, 4_000) == Received(2_000, 5_000)


def test_the_mean_is_taken_over_the_community_as_of_now() -> None:
    community = [Received(8_000, 0), Received(2_000, 14 * DAY_MS)]
    assert mean_received_mwh(community, 14 * DAY_MS) == 3_000
    assert mean_received_mwh([], 0) is None
