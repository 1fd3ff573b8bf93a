import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.charger.profile import BadProfile, Rules, Selection
from simulators.charger.profiles import ProfileStore
from simulators.time.virtual_time import rfc3339

NOW_MS = 1_552_054_000_000
TX = 7


def store(rate_units=("A", "W"), max_stack_level=8, phases=1, connectors=1) -> ProfileStore:
    return ProfileStore(Rules(208 * phases, rate_units, max_stack_level, connectors))


def raw(
    limit=10.0, purpose="TxDefaultProfile", *, id_=1, stack=0, unit="A", kind="Absolute", start=NOW_MS, duration=None,
    periods=None, **more,
):  # fmt: skip
    schedule = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods or [{"startPeriod": 0, "limit": limit}],
        **({"startSchedule": rfc3339(start)} if start is not None else {}),
        **({"duration": duration} if duration is not None else {}),
    }
    return {
        "chargingProfileId": id_,
        "stackLevel": stack,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **more,
    }


def test_nothing_held_nothing_said():
    assert store().limit_a(1, NOW_MS, None) is None


def test_the_limit_is_the_lower_of_the_whole_and_the_transaction():
    held = store()
    held.put(0, raw(20, "ChargePointMaxProfile", id_=1), None)
    held.put(1, raw(8, id_=2), None)
    assert held.limit_a(1, NOW_MS, None) == 8
    held.put(1, raw(25, "TxProfile", id_=3), TX)
    assert held.limit_a(1, NOW_MS, NOW_MS) == 20


def test_a_tx_profile_takes_the_place_of_the_default_even_where_it_allows_more():
    held = store()
    held.put(0, raw(6, id_=1), None)
    held.put(1, raw(16, "TxProfile", id_=2), TX)
    assert held.limit_a(1, NOW_MS, NOW_MS) == 16


def test_within_a_purpose_the_highest_stack_level_wins():
    held = store()
    held.put(0, raw(6, id_=1, stack=3), None)
    held.put(0, raw(16, id_=2, stack=1), None)
    assert held.limit_a(1, NOW_MS, None) == 6


def test_outside_its_schedule_a_profile_says_nothing_and_the_next_stack_counts():
    held = store()
    held.put(0, raw(0, id_=1, stack=0), None)
    held.put(1, raw(16, "TxProfile", id_=2, stack=1, start=NOW_MS + 10_000, duration=60), TX)
    assert held.limit_a(1, NOW_MS, NOW_MS) == 0
    assert held.next_change_ms(1, NOW_MS, NOW_MS) == NOW_MS + 10_000
    assert held.limit_a(1, NOW_MS + 10_000, NOW_MS) == 16
    assert held.next_change_ms(1, NOW_MS + 10_000, NOW_MS) == NOW_MS + 70_000
    assert held.limit_a(1, NOW_MS + 70_000, NOW_MS) == 0


def test_validity_counts():
    held = store()
    held.put(0, raw(9, validFrom=rfc3339(NOW_MS + 1000), validTo=rfc3339(NOW_MS + 2000)), None)
    assert [held.limit_a(1, NOW_MS + ms, None) for ms in (0, 1000, 1999, 2000)] == [None, 9, 9, None]


def test_periods_follow_each_other():
    held = store()
    held.put(0, raw(periods=[{"startPeriod": 0, "limit": 6}, {"startPeriod": 30, "limit": 12}]), None)
    assert [held.limit_a(1, NOW_MS + ms, None) for ms in (0, 29_999, 30_000)] == [6, 6, 12]


def test_relative_schedules_begin_with_the_transaction():
    held = store()
    held.put(0, raw(7, kind="Relative", start=None, duration=60), None)
    assert held.limit_a(1, NOW_MS, None) is None
    assert held.limit_a(1, NOW_MS, NOW_MS - 59_000) == 7
    assert held.limit_a(1, NOW_MS, NOW_MS - 60_000) is None


def test_recurring_schedules_come_again():
    held = store()
    held.put(0, raw(7, kind="Recurring", recurrencyKind="Daily", duration=3600), None)
    day_ms = 86_400_000
    assert held.limit_a(1, NOW_MS + 3 * day_ms + 3_599_000, None) == 7
    assert held.limit_a(1, NOW_MS + 3 * day_ms + 3_600_000, None) is None
    assert held.next_change_ms(1, NOW_MS + 3 * day_ms + 3_600_000, None) == NOW_MS + 4 * day_ms


@pytest.mark.parametrize("phases", [1, 3])
def test_watts_are_the_total_over_its_phases(phases):
    held = store(phases=phases)
    held.put(0, raw(208 * phases * 10, unit="W"), None)
    assert held.limit_a(1, NOW_MS, None) == 10


def test_the_same_id_or_the_same_place_replaces():
    held = store()
    held.put(0, raw(8, id_=1, stack=0), None)
    held.put(0, raw(9, id_=1, stack=1), None)
    held.put(0, raw(10, id_=2, stack=1), None)
    assert len(held) == 1
    assert held.limit_a(1, NOW_MS, None) == 10


@pytest.mark.parametrize(
    ("connector", "profile"),
    [
        (1, raw(purpose="ChargePointMaxProfile")),
        (0, raw(purpose="TxProfile")),
        (2, raw()),
        (0, raw(start=None)),
        (0, raw(kind="Relative")),
        (0, raw(kind="Sometimes")),
        (0, raw(kind="Recurring", recurrencyKind="Hourly")),
        (0, raw(purpose="MyProfile")),
        (0, raw(unit="kW")),
        (0, raw(stack=9)),
        (0, raw(limit=-1)),
        (0, raw(periods=[{"startPeriod": 5, "limit": 6}])),
        (0, raw(periods=[{"startPeriod": 0, "limit": 6}, {"startPeriod": 0, "limit": 7}])),
        (0, raw(periods=[{"startPeriod": s, "limit": 6} for s in range(25)])),
        (0, {"chargingProfileId": 1}),
        (1, raw(purpose="TxProfile", transactionId=TX + 1)),
    ],
)
def test_what_the_standard_forbids_is_refused_and_changes_nothing(connector, profile):
    held = store()
    held.put(0, raw(11, id_=99), None)
    with pytest.raises(BadProfile):
        held.put(connector, profile, TX)
    assert held.limit_a(1, NOW_MS, NOW_MS) == 11


def test_a_tx_profile_needs_a_running_transaction():
    with pytest.raises(BadProfile, match="transaction"):
        store().put(1, raw(purpose="TxProfile"), None)


def test_units_and_stack_levels_it_does_not_know_are_refused():
    with pytest.raises(BadProfile, match="unit"):
        store(rate_units=("W",)).put(0, raw(unit="A"), None)
    with pytest.raises(BadProfile, match="stack level"):
        store(max_stack_level=0).put(0, raw(stack=1), None)


def test_clearing_is_by_id_or_by_what_matches():
    held = store()
    held.put(0, raw(id_=1, stack=0), None)
    held.put(0, raw(id_=2, stack=1), None)
    held.put(1, raw(id_=3, purpose="TxProfile"), TX)
    assert not held.clear(Selection(id=9))
    assert held.clear(Selection(purpose="TxDefaultProfile", stack_level=1))
    assert len(held) == 2
    assert held.clear(Selection(id=3))
    assert held.clear(Selection())
    assert len(held) == 0


def test_the_composite_schedule_tells_every_change_ahead():
    held = store()
    held.put(0, raw(6, id_=1), None)
    held.put(1, raw(16, "TxProfile", id_=2, start=NOW_MS + 10_000, duration=20), TX)
    told = held.composite(1, NOW_MS, 60, "A", 32, NOW_MS)
    assert told["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 6},
        {"startPeriod": 10, "limit": 16},
        {"startPeriod": 30, "limit": 6},
    ]
    assert held.composite(1, NOW_MS, 5, "W", 32, NOW_MS)["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 1248.0}
    ]


profiles = st.lists(
    st.tuples(
        st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]),
        st.integers(0, 3),
        st.integers(0, 32),
        st.integers(0, 60),
        st.integers(1, 60),
    ),
    max_size=8,
)


@given(profiles, st.integers(0, 130_000))
def test_between_changes_the_limit_stays_and_never_exceeds_the_whole_charge_point_limit(specs, ahead_ms):
    held = store()
    for number, (purpose, stack, limit, delay_s, duration_s) in enumerate(specs):
        connector = 0 if purpose == "ChargePointMaxProfile" else 1
        held.put(
            connector,
            raw(limit, purpose, id_=number, stack=stack, start=NOW_MS + delay_s * 1000, duration=duration_s),
            TX,
        )
    at_ms = NOW_MS + ahead_ms
    limit_a = held.limit_a(1, at_ms, NOW_MS)
    change_ms = held.next_change_ms(1, at_ms, NOW_MS)
    last_ms = (change_ms or at_ms + 3_600_000) - 1
    assert held.limit_a(1, last_ms, NOW_MS) == limit_a
    whole_a = [
        (stack, number, limit)
        for number, (purpose, stack, limit, delay_s, duration_s) in enumerate(specs)
        if purpose == "ChargePointMaxProfile"
        and delay_s * 1000 <= ahead_ms < (delay_s + duration_s) * 1000
        and not any(p == purpose and s == stack for p, s, *_ in specs[number + 1 :])
    ]
    if whole_a:
        assert limit_a is not None
        assert limit_a <= max(whole_a)[2]
