"""A proof as JSON."""

from __future__ import annotations

from typing import Any

from commands.for_people import for_people
from commands.quantities import rfc3339
from domain.proof import Proof, Unprovable
from domain.records import Decision, Record


def proof_view(record: Record, decision: Decision, found: Proof | Unprovable) -> dict[str, Any]:
    proof = found if isinstance(found, Proof) else None
    return {
        "event_id": record.id,
        "type": record.type,
        "time": rfc3339(record.time),
        "stream": record.stream,
        "rule": decision.rule,
        "reason": for_people(decision.reason),
        "equal": proof and proof.is_equal(),
        "unprovable": str(found) if proof is None else None,
        "inputs": proof and proof.inputs,
        "recorded": proof and proof.recorded,
        "again": proof and proof.again,
    }
