"""Settings of a service, from the environment or from the file that COMMONWATT_SETTINGS names, with a line for each.

All are validated before anything is opened. An error names the setting, without its value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.ocpp.proxies import networks

PREFIX = "COMMONWATT_"
SETTINGS_FILE = "COMMONWATT_SETTINGS"
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})

Port = Annotated[int, Field(ge=0, le=65_535)]


class SettingsError(Exception):
    """A setting can't be used: the message names it and the reason, without its value."""


class FromEnvironment(BaseSettings):
    """Settings whose variables begin with COMMONWATT_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True, frozen=True)

    @classmethod
    def from_settings(cls, options: Mapping[str, Any] = NO_OPTIONS) -> Self:
        """The settings; `options` of the command line (not None) take precedence. Raises `SettingsError`."""
        file = os.environ.get(SETTINGS_FILE)
        if file is not None and not Path(file).is_file():
            raise SettingsError(f"{SETTINGS_FILE}: there is no file {file}")
        try:
            return cls(_env_file=file, **{name: value for name, value in options.items() if value is not None})
        except ValidationError as errors:
            prefix = str(cls.model_config["env_prefix"])
            raise SettingsError(explained(errors, prefix)) from None


def explained(errors: ValidationError, prefix: str = PREFIX) -> str:
    """The variable of each setting that can't be used, with the reason."""
    return "; ".join(_explained(error, prefix) for error in errors.errors(include_input=False))


def _explained(error: Any, prefix: str) -> str:
    reason = error["msg"].removeprefix("Value error, ")
    return f"{prefix}{str(error['loc'][0]).upper()}: {reason}" if error["loc"] else reason


def _networks(text: str) -> str:
    try:
        networks(text)
    except ValueError as error:
        raise ValueError(f"a list of addresses or networks is needed: {error}") from None
    return text


class ProcessSettings(FromEnvironment):
    """Settings of a service's own process. Port 0 is a free one."""

    data: Path = Path("data")
    """The folder with the vault's key, and with each file that no setting replaces."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    api_port: Port = 8000
    ocpp_port: Port = 9000
    gateway_id: Annotated[str, Field(min_length=1, max_length=100)] = "gateway"
    """Unique among the gateways of a log, and the same after a restart."""
    ping_s: Annotated[int, Field(ge=0, le=3600)] = 30
    """Seconds between two pings of a charger's socket; 0: none are sent, for chargers that stumble over them."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """The proxies before the gateway whose X-Forwarded-For is believed: addresses or networks, with commas."""
    health_port: Port = 0
    """Port for /livez, /readyz and /metrics of a service without a REST API."""
    tick_s: Annotated[int, Field(ge=30, le=60)] = 30
    """Seconds between two schedules of a site with cars."""
    clock: Annotated[str, Field(pattern=r"^[^\s:]+:\d+$")] | None = None
    """HOST:PORT of the time coordinator of a simulation; None: the system's time."""
