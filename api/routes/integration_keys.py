"""Keys of the platform's own integrations: clouds that tell readings of any vehicle, but of no missions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import may
from api.answers import Answer
from api.call import Asked, Calling
from api.context import CurrentContext
from api.problems import Problem
from api.routes.paths import V1, PathId
from api.shapes.enterprises import Key

router = APIRouter(prefix=f"{V1}/integration-keys", tags=["integrations"], dependencies=[may("platform.integrate")])


@router.post("", status_code=201, response_model=Key)
async def new_key(call: Calling) -> Response:
    """Draw a key; shown this once."""

    async def act(asked: Asked) -> Answer:
        key_id, key = await call.context.vault.integrations.new_key(None, asked.now_ms)
        return Answer(201, {"id": key_id, "key": key})

    return await call.once(None, act)


@router.delete("/{key_id}", status_code=204)
async def revoke_key(context: CurrentContext, key_id: PathId) -> Response:
    """Take a key back, at once."""
    if not await context.vault.integrations.revoke(key_id, None):
        raise Problem(404, "there is no such key", field="key_id")
    return Response(status_code=204)
