"""The notification channels of the caller."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import CurrentPrincipal, may
from api.answers import Json
from api.context import CurrentContext
from api.routes.paths import V1
from api.shapes.users import Channels
from api.views.users import channels_view
from commands.set_notifications import NotificationsRequest

router = APIRouter(prefix=f"{V1}/users/me/notifications", tags=["users"], dependencies=[may("user.notify_self")])


@router.put("", response_model=Channels)
async def replace(context: CurrentContext, caller: CurrentPrincipal, body: NotificationsRequest) -> Response:
    """Replace the caller's notification channels.

    The URLs hold credentials and are not shown again.
    """
    for number, url in enumerate(body.urls):
        await context.check_channel(url, f"urls.{number}")
    await context.vault.channels.replace(caller.id, body.urls)
    return Json(channels_view(await context.vault.channels.of(caller.id)))


@router.get("", response_model=Channels)
async def channels(context: CurrentContext, caller: CurrentPrincipal) -> Response:
    """List the services that the caller's notifications are sent to, without their addresses."""
    return Json(channels_view(await context.vault.channels.of(caller.id)))


@router.delete("", status_code=204)
async def stop(context: CurrentContext, caller: CurrentPrincipal) -> Response:
    """Remove the caller's notification channels.

    Notifications that are not sent yet are dropped.
    """
    await context.vault.channels.replace(caller.id, [])
    return Response(status_code=204)
