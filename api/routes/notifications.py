"""Where whoever calls wants to be notified."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from api.access import Caller, may
from api.answers import Json
from api.context import CurrentContext
from api.routes.paths import V1
from api.shapes.users import Channels
from commands.set_notifications import NotificationsRequest

router = APIRouter(prefix=f"{V1}/users/me/notifications", tags=["users"], dependencies=[may("user.notify_self")])


@router.put("", response_model=Channels)
async def replace(context: CurrentContext, caller: Caller, body: NotificationsRequest) -> Response:
    """Be notified there from now on, and nowhere else. The URLs hold credentials: they are never shown again."""
    for number, url in enumerate(body.urls):
        await context.check_channel(url, f"urls.{number}")
    await context.vault.channels.replace(caller.id, body.urls)
    return Json(_told(await context.vault.channels.of(caller.id)))


@router.get("", response_model=Channels)
async def channels(context: CurrentContext, caller: Caller) -> Response:
    """Where notifications go: the services, without addresses."""
    return Json(_told(await context.vault.channels.of(caller.id)))


@router.delete("", status_code=204)
async def stop(context: CurrentContext, caller: Caller) -> Response:
    """Not to be notified any more; what waits is not sent."""
    await context.vault.channels.replace(caller.id, [])
    return Response(status_code=204)


def _told(urls: Mapping[str, str]) -> dict[str, object]:
    return {"channels": [{"id": channel_id, "service": url.partition("://")[0]} for channel_id, url in urls.items()]}
