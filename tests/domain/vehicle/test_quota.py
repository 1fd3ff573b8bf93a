"""Quotas of priority: a sliding window never holds more grants than the quota, and a renewal counts once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.records.registry import EnterpriseApproved, EnterpriseSuspended
from domain.records.vehicles import HolderSuspended, PriorityClaimed, PriorityRevoked, QuotaRefused, QuotaUsed
from domain.vehicle.quota import (
    ACCOUNT_GRANTS,
    ACCOUNT_WINDOW_MS,
    ENTERPRISE_WINDOW_MS,
    Holder,
    answer,
    approve,
    evolve,
    holder,
    suspend,
)

NOW_MS = 1_000_000_000
HOUR_MS = 3_600_000


def claim(claim_id: str, of: str = "enterprise:e") -> PriorityClaimed:
    return PriorityClaimed(
        claim_id=claim_id, holder=of, vehicle_id=f"v-{claim_id}", session_id=f"s-{claim_id}", basis="mission"
    )


def approved(kind: str = "emergency", daily_grants: int = 2) -> Holder:
    fresh = holder("enterprise:e")
    [event] = approve(fresh, EnterpriseApproved(enterprise_id="e", kind=kind, daily_grants=daily_grants))
    return evolve(fresh, event, NOW_MS)


def claimed(of: Holder, claim_id: str, now_ms: int) -> tuple[Holder, QuotaUsed | QuotaRefused]:
    told = answer(of, claim(claim_id), now_ms)
    return evolve(of, told, now_ms), told


def test_an_enterprise_that_nobody_approved_has_no_priority():
    told = answer(holder("enterprise:e"), claim("a"), NOW_MS)
    assert isinstance(told, QuotaRefused)
    assert (told.used, told.limit, told.reason) == (0, 0, "the enterprise is not approved")


def test_its_kind_decides_the_tier():
    assert answer(approved("emergency"), claim("a"), NOW_MS).tier == 0
    assert answer(approved("fleet"), claim("a"), NOW_MS).tier == 1


def test_the_quota_has_room_until_it_is_used_up():
    of, first = claimed(approved(), "a", NOW_MS)
    of, second = claimed(of, "b", NOW_MS + 1)
    of, third = claimed(of, "c", NOW_MS + 2)
    assert [(one.used, one.limit) for one in (first, second, third)] == [(1, 2), (2, 2), (2, 2)]
    assert isinstance(second, QuotaUsed)
    assert isinstance(third, QuotaRefused)
    assert third.reason == "2 of 2 grants in 24 hours are used"


def test_a_grant_leaves_the_window_after_24_hours():
    of, _ = claimed(approved(daily_grants=1), "a", NOW_MS)
    assert isinstance(answer(of, claim("b"), NOW_MS + ENTERPRISE_WINDOW_MS - 1), QuotaRefused)
    assert isinstance(answer(of, claim("b"), NOW_MS + ENTERPRISE_WINDOW_MS), QuotaUsed)


def test_a_renewal_counts_once():
    of = approved(daily_grants=1)
    for minute in range(0, 300, 29):
        of, told = claimed(of, "a", NOW_MS + minute * 60_000)
        assert (type(told), told.used) == (QuotaUsed, 1)


def test_a_quota_that_is_lowered_counts_from_then_on():
    of, _ = claimed(approved(daily_grants=3), "a", NOW_MS)
    [event] = approve(of, EnterpriseApproved(enterprise_id="e", kind="emergency", daily_grants=1))
    assert isinstance(answer(evolve(of, event, NOW_MS), claim("b"), NOW_MS), QuotaRefused)


def test_an_account_needs_no_approval_and_has_two_grants_of_p1_in_seven_days():
    of = holder("account:driver")
    assert (ACCOUNT_GRANTS, ACCOUNT_WINDOW_MS) == (2, 168 * HOUR_MS)
    of, first = claimed(of, "a", NOW_MS)
    of, _ = claimed(of, "b", NOW_MS + HOUR_MS)
    of, third = claimed(of, "c", NOW_MS + 2 * HOUR_MS)
    assert first.tier == 1
    assert third.reason == "2 of 2 grants in 7 days are used"
    assert isinstance(answer(of, claim("c"), NOW_MS + ACCOUNT_WINDOW_MS), QuotaUsed)


def test_a_suspension_revokes_what_its_vehicles_hold_and_refuses_from_then_on():
    of, _ = claimed(approved(), "a", NOW_MS)
    of, _ = claimed(of, "b", NOW_MS + 1)
    told = suspend(of, EnterpriseSuspended(enterprise_id="e"), NOW_MS + 2)
    assert told[0] == HolderSuspended(holder="enterprise:e")
    assert told[1:] == [
        PriorityRevoked(claim_id=one, vehicle_id=f"v-{one}", reason="the enterprise was suspended") for one in "ab"
    ]
    of = evolve(of, told[0], NOW_MS + 2)
    assert answer(of, claim("a"), NOW_MS + 3).reason == "the enterprise is not approved"


def test_what_left_the_window_is_not_revoked():
    of, _ = claimed(approved(), "a", NOW_MS)
    told = suspend(of, EnterpriseSuspended(enterprise_id="e"), NOW_MS + ENTERPRISE_WINDOW_MS)
    assert told == [HolderSuspended(holder="enterprise:e")]


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 10 * HOUR_MS)), max_size=30),
)
def test_no_window_ever_holds_more_grants_than_the_quota(limit, steps):
    of, now_ms, granted = approved(daily_grants=limit), NOW_MS, []
    for claim_id, wait_ms in steps:
        now_ms += wait_ms
        of, told = claimed(of, claim_id, now_ms)
        if isinstance(told, QuotaUsed):
            granted.append((now_ms, claim_id))
        since_ms = now_ms - ENTERPRISE_WINDOW_MS
        assert len({one for at_ms, one in granted if at_ms > since_ms}) <= limit
        assert told.used <= told.limit
        assert of.uses_in_window(now_ms) == of.uses or isinstance(told, QuotaRefused)
