"""Notification services, through `apprise`: which URLs are allowed, and sending."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import apprise
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import DomainError

RULE = "notify.channel.v1"
ANSWER_S = 4.0
"""The time for a service to connect, and to answer; an attempt has twice of both."""
FIXED_HOSTS = "discord gchat join pbul pover prowl pushed sendgrid slack tgram twilio wxteams"
"""Services with a fixed host: with them no user can make this server call an address of their choice."""

logging.getLogger("apprise").addHandler(logging.NullHandler())  # its lines may quote the URL
logging.getLogger("apprise").propagate = False


class NotifySettings(BaseSettings):
    """From the environment, `COMMONWATT_NOTIFY_` before the name."""

    model_config = SettingsConfigDict(env_prefix="COMMONWATT_NOTIFY_", frozen=True)

    services: str = Field(FIXED_HOSTS, pattern=r"^[a-z0-9]+( [a-z0-9]+)*$")
    """Schemes of the URLs that users may set. With `json`, `mailtos` and the like the server may call any host."""


async def check_channel(url: str, field: str) -> None:
    """Raise `DomainError` naming `field` unless this URL is allowed and valid. The reason never quotes the URL."""
    scheme = url.partition("://")[0].lower()
    allowed = NotifySettings().services.split()
    if scheme not in allowed:
        reason = f"must be the URL of an allowed service: {', '.join(allowed)}"
        raise DomainError(reason, field=field, rule=RULE)
    if await asyncio.to_thread(_service, url) is None:
        reason = f"is not a valid URL of {scheme}, see https://appriseit.com/services/"
        raise DomainError(reason, field=field, rule=RULE)


async def send(url: str, title: str, text: str) -> bool:
    """Attempt to send once; whether the service accepted it in time."""
    try:
        async with asyncio.timeout(4 * ANSWER_S):
            return await asyncio.to_thread(_sent, url, title, text)
    except TimeoutError:
        return False


def _sent(url: str, title: str, text: str) -> bool:
    service = _service(url)
    if service is None:
        return False
    service.socket_connect_timeout = service.socket_read_timeout = ANSWER_S
    return bool(service.notify(body=text, title=title))


def _service(url: str) -> Any:
    """The service of a URL, or None. The first call is slow."""
    return apprise.Apprise.instantiate(url, suppress_exceptions=True)
