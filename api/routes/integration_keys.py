"""Keys of the platform's own integrations: clouds that report readings of any vehicle, but no missions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import may
from api.call import CurrentCall
from api.context import CurrentContext
from api.problems import Problem
from api.routes.paths import V1, PathId
from api.shapes.enterprises import Key

router = APIRouter(prefix=f"{V1}/integration-keys", tags=["integrations"], dependencies=[may("platform.integrate")])


@router.post("", status_code=201, response_model=Key)
async def new_key(call: CurrentCall) -> Response:
    """Create an integration key of the platform.

    With it a cloud reports readings of any vehicle. The key is not shown again.
    """
    async with call.once(None) as submission:
        key_id, key = await call.context.vault.integrations.new_key(None, submission.now_ms)
        return await submission.answer(201, {"id": key_id, "key": key})


@router.delete("/{key_id}", status_code=204)
async def revoke_key(context: CurrentContext, key_id: PathId) -> Response:
    """Revoke an integration key of the platform, with immediate effect."""
    if not await context.vault.integrations.revoke(key_id, None):
        raise Problem(404, "there is no such key", field="key_id")
    return Response(status_code=204)
