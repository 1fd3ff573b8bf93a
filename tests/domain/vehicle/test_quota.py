"""Quotas of priority: a sliding window never holds more grants than the quota, and a renewal counts once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.records.registry import EnterpriseApproved, EnterpriseSuspended
from domain.records.vehicles import HolderSuspended, PriorityClaimed, PriorityRevoked, QuotaRefused, QuotaUsed
from domain.vehicle.quota_holder import ACCOUNT_GRANTS, ACCOUNT_WINDOW_MS, ENTERPRISE_WINDOW_MS, QuotaHolder
from processors.vehicles import Vehicles
from tests.stories.story import Story

HOUR_MS = 3_600_000
SUSPENDED = EnterpriseSuspended(enterprise_id="e")


class QuotaStory(Story):
    """A holder of a quota, and the claims of its vehicles."""

    def __init__(self, holder_id: str = "enterprise:e") -> None:
        super().__init__(Vehicles(), stream=f"vehicles:{holder_id}")

    @property
    def holder(self) -> QuotaHolder:
        return self.state.holder

    def claim(self, claim_id: str) -> QuotaUsed | QuotaRefused:
        (answer,) = self.when(
            PriorityClaimed(
                claim_id=claim_id,
                holder=self.holder.id,
                vehicle_id=f"v-{claim_id}",
                session_id=f"s-{claim_id}",
                basis="mission",
            )
        )
        return answer


def approval(kind: str = "emergency", daily_grants: int = 2) -> EnterpriseApproved:
    return EnterpriseApproved(enterprise_id="e", kind=kind, daily_grants=daily_grants)


def test_an_enterprise_that_nobody_approved_has_no_priority():
    answer = QuotaStory().claim("a")
    assert isinstance(answer, QuotaRefused)
    assert (answer.used, answer.limit, answer.reason) == (0, 0, "the enterprise is not approved")


def test_its_kind_decides_the_tier():
    assert QuotaStory().given(approval("emergency")).claim("a").tier == 0
    assert QuotaStory().given(approval("fleet")).claim("a").tier == 1


def test_the_quota_has_room_until_it_is_used_up():
    story = QuotaStory().given(approval())
    first = story.claim("a")
    story.run_until(story.now_ms + 1)
    second = story.claim("b")
    story.run_until(story.now_ms + 1)
    third = story.claim("c")
    assert [(one.used, one.limit) for one in (first, second, third)] == [(1, 2), (2, 2), (2, 2)]
    assert isinstance(second, QuotaUsed)
    assert isinstance(third, QuotaRefused)
    assert third.reason == "2 of 2 grants in 24 hours are used"


def test_a_grant_leaves_the_window_after_24_hours():
    story = QuotaStory().given(approval(daily_grants=1))
    story.claim("a")
    story.run_until(story.now_ms + ENTERPRISE_WINDOW_MS - 1)
    assert isinstance(story.claim("b"), QuotaRefused)
    story.run_until(story.now_ms + 1)
    assert isinstance(story.claim("b"), QuotaUsed)


def test_a_renewal_counts_once():
    story = QuotaStory().given(approval(daily_grants=1))
    for _ in range(0, 300, 29):
        answer = story.claim("a")
        assert (type(answer), answer.used) == (QuotaUsed, 1)
        story.wait(29)


def test_a_quota_that_is_lowered_counts_from_then_on():
    story = QuotaStory().given(approval(daily_grants=3))
    story.claim("a")
    story.given(approval(daily_grants=1))
    assert isinstance(story.claim("b"), QuotaRefused)


def test_an_account_needs_no_approval_and_has_two_grants_of_p1_in_seven_days():
    story = QuotaStory("account:driver")
    assert (ACCOUNT_GRANTS, ACCOUNT_WINDOW_MS) == (2, 168 * HOUR_MS)
    since_ms = story.now_ms
    first = story.claim("a")
    story.wait(60)
    story.claim("b")
    story.wait(60)
    third = story.claim("c")
    assert first.tier == 1
    assert third.reason == "2 of 2 grants in 7 days are used"
    story.run_until(since_ms + ACCOUNT_WINDOW_MS)
    assert isinstance(story.claim("c"), QuotaUsed)


def test_a_suspension_revokes_what_its_vehicles_hold_and_refuses_from_then_on():
    story = QuotaStory().given(approval())
    story.claim("a")
    story.claim("b")
    story.when(SUSPENDED)
    story.then(
        HolderSuspended(holder="enterprise:e"),
        PriorityRevoked(claim_id="a", vehicle_id="v-a", reason="the enterprise was suspended"),
        PriorityRevoked(claim_id="b", vehicle_id="v-b", reason="the enterprise was suspended"),
    )
    assert story.claim("a").reason == "the enterprise is not approved"


def test_what_left_the_window_is_not_revoked():
    story = QuotaStory().given(approval())
    story.claim("a")
    story.run_until(story.now_ms + ENTERPRISE_WINDOW_MS)
    story.when(SUSPENDED)
    story.then(HolderSuspended(holder="enterprise:e"))


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 10 * HOUR_MS)), max_size=30),
)
def test_no_window_ever_holds_more_grants_than_the_quota(limit, steps):
    story, granted = QuotaStory().given(approval(daily_grants=limit)), []
    for claim_id, wait_ms in steps:
        story.run_until(story.now_ms + wait_ms)
        answer = story.claim(claim_id)
        if isinstance(answer, QuotaUsed):
            granted.append((story.now_ms, claim_id))
        since_ms = story.now_ms - ENTERPRISE_WINDOW_MS
        assert len({one for at_ms, one in granted if at_ms > since_ms}) <= limit
        assert answer.used <= answer.limit
        held = story.holder.uses_in_window(story.now_ms)
        assert held == story.holder.uses or isinstance(answer, QuotaRefused)
