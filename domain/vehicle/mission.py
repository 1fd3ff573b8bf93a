"""Priority for a mission: an enrolled vehicle that is on one, near the site, right now, by its enterprise's word."""

from __future__ import annotations

from collections.abc import Sequence

from domain.records import Payload
from domain.records.observations import Reading
from domain.records.time import TimerSet
from domain.records.vehicles import Evidence, PriorityRevoked, QuotaRefused, QuotaUsed
from domain.vehicle.priority import TIMER, Case, claim, claim_id, deny, evidence_of, expire, grant, improves
from domain.vehicle.zone import is_near

RULE = "priority.mission.v1"
DRIVER_RULE = "priority.mission_by_driver.v1"
VALID_MS = 30 * 60_000
"""How long a grant holds unless it is renewed."""
RENEW_MS = 60_000
"""So long before its end it is renewed, so that no car is throttled and raised again in between."""
AGAIN_MS = 5 * 60_000
"""A claim that was refused is not made again before."""


def missing(evidence: Evidence) -> str | None:
    """What a claim lacks, in words; None: every proof is there. Unknown is never a proof."""
    if not evidence.eligible:
        return "no enterprise enrolled this vehicle for priority"
    if evidence.mission_active is None:
        return "whether it is on a mission is not known: its enterprise did not say so within 5 minutes"
    if not evidence.mission_active:
        return "it is not on a mission, says its enterprise"
    if evidence.location_zone is None:
        return "where it is is not known: no integration said so within 5 minutes"
    if not is_near(evidence.location_zone, evidence.site_zone):
        return "it is not near the site"
    return None


def at_request(case: Case) -> list[Payload]:
    """A unit that may have priority asks for a session: it claims, or hears what is missing. Others hear nothing."""
    if not case.vehicle.may_have_missions():
        return []
    lacking = missing(evidence_of(case))
    return [_claim(case)] if lacking is None else [deny(case, "mission", RULE, lacking)]


def at_reading(case: Case, told: Reading) -> Sequence[Payload]:
    """A reading may prove a mission, or its end; a driver's word does neither, and her claim is denied."""
    if told.source == "driver":
        reason = "a mission counts only from the integration of the vehicle's enterprise"
        return [deny(case, "mission", DRIVER_RULE, reason)] if told.mission_active else []
    visit = case.vehicle.visit
    if visit is None:
        return []
    evidence = evidence_of(case)
    if visit.grant is not None and visit.grant.basis == "mission":
        return expire(case, RULE, "the mission is over") if evidence.mission_active is False else []
    claimed_lately = visit.claimed_ms is not None and case.now_ms - visit.claimed_ms < AGAIN_MS
    return [] if claimed_lately or missing(evidence) is not None else [_claim(case)]


def answered(case: Case, told: QuotaUsed | QuotaRefused) -> Sequence[Payload]:
    """The quota has room: granted, if it is still proven, and better than what the session has. Or it has none."""
    if isinstance(told, QuotaRefused):
        return [deny(case, "mission", told.rule, told.reason)]
    lacking = missing(evidence_of(case))
    if lacking is not None:
        return [deny(case, "mission", RULE, lacking)]
    if not improves(case.visit, told.tier, "mission"):
        return []
    until_ms = case.now_ms + VALID_MS
    reason = f"on a verified mission near the site; grant {told.used} of {told.limit}"
    return grant(case, told.tier, "mission", until_ms, wake_ms=until_ms - RENEW_MS, rule=RULE, reason=reason)


def at_wake(case: Case) -> Sequence[Payload]:
    """The grant is nearly over and renewed if it is still proven, or it is over."""
    visit = case.visit
    if visit.grant is None:
        return []
    lacking = missing(evidence_of(case))
    if visit.grant.valid_until_ms <= case.now_ms:
        return expire(case, RULE, lacking or "its time is over, and it was not renewed")
    until_the_end = TimerSet(name=TIMER, due_ms=visit.grant.valid_until_ms)
    return [until_the_end] if lacking is not None else [_claim(case), until_the_end]


def revoked(case: Case, told: PriorityRevoked) -> Sequence[Payload]:
    """The enterprise may have priority no longer."""
    visit = case.vehicle.visit
    if visit is None or visit.grant is None or told.claim_id != claim_id(visit.session_id, visit.grant.basis):
        return []
    return expire(case, RULE, told.reason)


def _claim(case: Case) -> Payload:
    return claim(case, "mission", f"enterprise:{case.vehicle.enterprise_id}")
