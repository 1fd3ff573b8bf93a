"""Verification: a charger's compliance is verified by one decrease that it follows, and void by what contradicts it."""

from __future__ import annotations

from domain.load_control.ledger import Charger
from domain.load_control.parameters import PROBE_MS
from domain.records.load import ChargerBooted

PROBE_RULE = "load_control.probe.v1"
"""A limit by this rule lowers a charger to see whether it follows, and what each phase gets of a limit in W."""
OTHER_FIRMWARE = "other firmware has proven nothing yet"
"""The reason by which it is void of a charger that may comply as before."""


def firmware_of(event: ChargerBooted) -> str:
    """The device that a verification is valid for: another device under the same id is not verified."""
    return "/".join((event.vendor, event.model, event.firmware))


def is_probed(charger: Charger, now_ms: int) -> bool:
    """Whether a probe is under way, of its compliance or of how it divides W."""
    lease = charger.lease
    return lease is not None and lease.rule == PROBE_RULE and now_ms < lease.since_ms + PROBE_MS
