"""Urgent reviews: a driver asks for priority, and where the rule can't grant it, an operator decides."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api import shapes
from api.access import may, stream_of_session
from api.answers import Answer
from api.call import NOT_YET, Asked, Call, Calling
from api.routes.paths import V1, PathId
from commands.decide_urgent_review import UrgentReviewDecision
from commands.quantities import rfc3339
from commands.request_urgent_review import UrgentReviewRequest
from domain.records import Payload
from domain.records.vehicles import PriorityDenied, PriorityGranted, UrgentReviewOpened

router = APIRouter(prefix=f"{V1}/sessions/{{session_id}}/urgent-review", tags=["sessions"])


@router.post("", status_code=202, response_model=shapes.UrgentReview, dependencies=[may("session.review")])
async def request(call: Calling, session_id: PathId, body: UrgentReviewRequest) -> Response:
    """Ask for priority. Granted at once, or pending until an operator decides; after 15 minutes it is denied."""
    return await _ask(call, session_id, body, PriorityGranted, PriorityDenied, UrgentReviewOpened, status=202)


@router.post(
    "/decision", response_model=shapes.UrgentReview, responses=NOT_YET, dependencies=[may("session.decide_review")]
)
async def decide(call: Calling, session_id: PathId, body: UrgentReviewDecision) -> Response:
    """The operator's word on a review that is pending."""
    return await _ask(call, session_id, body, PriorityGranted, PriorityDenied, status=200)


async def _ask(
    call: Call,
    session_id: str,
    body: UrgentReviewRequest | UrgentReviewDecision,
    *awaited: type[Payload],
    status: int,
) -> Response:
    vehicle = await stream_of_session(call.context, session_id)

    async def act(asked: Asked) -> Answer:
        await call.context.vault.notes.add(asked.id, body.reason)
        done = await call.decide(asked, vehicle, body.command(session_id), *awaited)
        if done is None:
            return Answer(202, _outcome(session_id, "pending", "stored, not decided yet"), final=False)
        return Answer(status, _told(session_id, done.record.data))

    return await call.once(body, act)


def _told(session_id: str, decided: Any) -> dict[str, object]:
    match decided:
        case PriorityGranted():
            valid_until = rfc3339(decided.valid_until_ms)
            return _outcome(session_id, "granted", decided.reason, tier=decided.tier, valid_until=valid_until)
        case UrgentReviewOpened():
            return _outcome(session_id, "pending", decided.reason, decide_by=rfc3339(decided.decide_by_ms))
    return _outcome(session_id, "denied", decided.reason)


def _outcome(session_id: str, status: str, reason: str, **more: object) -> dict[str, object]:
    unknown = {"tier": None, "valid_until": None, "decide_by": None}
    return {"session_id": session_id, "status": status, "reason": reason, **unknown, **more}
