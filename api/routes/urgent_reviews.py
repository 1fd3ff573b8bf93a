"""Urgent reviews: a driver asks for priority, and where no rule can grant it, an operator decides."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import may, stream_of_session
from api.call import NOT_YET, Call, CurrentCall
from api.routes.paths import V1, PathId
from api.shapes.priority import UrgentReview
from api.views.priority import ReviewOutcome, undecided_review_view, urgent_review_view
from commands.decide_urgent_review import UrgentReviewDecision
from commands.request_urgent_review import UrgentReviewRequest
from domain.records.vehicles import PriorityDenied, PriorityGranted, UrgentReviewOpened

router = APIRouter(prefix=f"{V1}/sessions/{{session_id}}/urgent-review", tags=["sessions"])


@router.post("", status_code=202, response_model=UrgentReview, dependencies=[may("session.review")])
async def request(call: CurrentCall, session_id: PathId, body: UrgentReviewRequest) -> Response:
    """Request an urgent review.

    It is granted at once, or pending until an operator decides. After 15 minutes without a decision it is denied.
    """
    return await _review(call, session_id, body, PriorityGranted, PriorityDenied, UrgentReviewOpened, status=202)


@router.post("/decision", response_model=UrgentReview, responses=NOT_YET, dependencies=[may("session.decide_review")])
async def decide(call: CurrentCall, session_id: PathId, body: UrgentReviewDecision) -> Response:
    """Decide a pending urgent review, as an operator."""
    return await _review(call, session_id, body, PriorityGranted, PriorityDenied, status=200)


async def _review(
    call: Call,
    session_id: str,
    body: UrgentReviewRequest | UrgentReviewDecision,
    *awaited: type[ReviewOutcome],
    status: int,
) -> Response:
    vehicle = await stream_of_session(call.context, session_id)
    async with call.once(body) as submission:
        await call.context.vault.notes.add(submission.id, body.reason)
        outcome = await submission.decide(vehicle, body.command(session_id), *awaited)
        if outcome is None:
            return await submission.answer(202, undecided_review_view(session_id), final=False)
        return await submission.answer(status, urgent_review_view(session_id, outcome))
