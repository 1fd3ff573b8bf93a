"""Configuration of a charger: read a while after it connected, then set where this system relies on other values.

What is in force after a boot only is followed by a reset, as soon as the charger is idle; then all is asked again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from ocpp.v16 import call
from ocpp.v16.enums import ResetType

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.jitter import heartbeat_interval_s, share
from adapters.ocpp.jobs import Answer, Job
from adapters.ocpp.v16.answers import REBOOT_REQUIRED
from adapters.ocpp.v16.payloads import job_of
from domain.records import Payload
from domain.records.observations import Configuration

METERED = "Current.Import,Energy.Active.Import.Register,Power.Active.Import"
SHORTER = (
    METERED,
    "Current.Import,Energy.Active.Import.Register",
    "Power.Active.Import,Energy.Active.Import.Register",
    "Current.Import",
    "Power.Active.Import",
    "Energy.Active.Import.Register",
)
"""What is metered, in the order in which it is tried with a charger that takes no more."""
METERED_KEYS = ("MeterValuesSampledData", "MeterValuesAlignedData")
RESET_PAUSE_MS = 24 * 3_600_000
"""A charger is reset at most so often for what it says is in force after its next boot."""
WANTED = {
    "MeterValueSampleInterval": "30",
    "ClockAlignedDataInterval": "900",
    "MeterValuesSampledData": METERED,
    "MeterValuesAlignedData": METERED,
    "LocalPreAuthorize": "false",
    "LocalAuthorizeOffline": "false",
    "AllowOfflineTxForUnknownId": "false",
}
"""Meter values twice a minute in a transaction and each quarter of an hour without; no transaction without a permit."""
SECRETS = ("authorizationkey", "password", "passphrase", "passwd", "secret", "token", "psk", "credential")
HIDDEN = "(hidden)"

log = structlog.get_logger()


def configuration_of(answer: Answer) -> dict[str, str]:
    """The keys of a GetConfiguration answer, as far as they can be read; the values of secrets are hidden."""
    return {key: HIDDEN if _is_secret(key) else value for key, value, _ in _items(answer)}


def _items(answer: Answer) -> list[tuple[str, str, bool]]:
    """(key, value, read-only)."""
    listed = answer.payload.get("configurationKey")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return [
        (str(item.get("key", ""))[:50], str(item.get("value", ""))[:500], item.get("readonly") is True)
        for item in items
    ]


def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in SECRETS)


class Configurator:
    """One round: read everything, then change what differs. A charger that refuses is left as it is.

    `learn` receives what the charger reported.
    """

    def __init__(self, charger: ConnectedCharger, learn: Callable[[Mapping[str, str]], None]) -> None:
        settings = charger.context.settings
        self._charger = charger
        self._charger_id = charger.id
        self._known: dict[str, tuple[str, bool]] = {}
        self._learn = learn
        self._wanted = WANTED | {"HeartbeatInterval": str(heartbeat_interval_s(charger.id, settings))}
        self._due_ms = (
            charger.now_ms() + settings.configure_after_ms + share(self._charger_id, settings.configure_spread_ms)
        )
        self._rest: deque[Any] = deque([call.GetConfiguration()])

    def wake_ms(self, now_ms: int) -> int | None:
        """The time of the next call; None: the round is over, or the charger is to become idle first."""
        return self._due_ms if self._rest else None

    def next(self, now_ms: int) -> Job | None:
        if now_ms < self._due_ms:
            return None
        if not self._rest:
            return self._reset_job(now_ms)
        request = self._rest.popleft()
        return job_of(request, self._read if isinstance(request, call.GetConfiguration) else self._changed(request))

    def _read(self, answer: Answer, _: int) -> Sequence[Payload]:
        known = self._known = {key: (value, readonly) for key, value, readonly in _items(answer)}
        self._learn({key: value for key, (value, _) in known.items()})
        self._rest.extend(
            call.ChangeConfiguration(key, value)
            for key, value in self._wanted.items()
            if known.get(key, ("", False)) != (value, False) and not known.get(key, ("", False))[1]
        )
        items = tuple(sorted(configuration_of(answer).items()))
        return [Configuration(charger_id=self._charger_id, items=items)] if items else []

    def _changed(self, request: call.ChangeConfiguration) -> Callable[[Answer, int], Sequence[Payload]]:
        def answered(answer: Answer, _: int) -> Sequence[Payload]:
            if answer.detail == REBOOT_REQUIRED:
                self._charger.state.reboot_required = True
            shorter = self._shorter(request) if answer.status == "rejected" else None
            if shorter is not None:
                self._rest.appendleft(call.ChangeConfiguration(request.key, shorter))
            if answer.status != "accepted":
                log.info(
                    "configuration kept",
                    charger=self._charger_id,
                    key=request.key,
                    value=request.value,
                    status=answer.status,
                )
            return ()

        return answered

    def _shorter(self, request: call.ChangeConfiguration) -> str | None:
        """The next list of measurands to try; None: there is none, or the charger has it already."""
        if request.key not in METERED_KEYS or request.value not in SHORTER:
            return None
        longest = self._known.get(f"{request.key}MaxLength", ("", False))[0].strip()
        rest = SHORTER[SHORTER.index(request.value) + 1 :]
        if longest.isascii() and longest.isdigit() and int(longest) > 0:
            rest = tuple(one for one in rest if one.count(",") < int(longest))
        has = self._known.get(request.key, ("", False))[0].replace(" ", "")
        return rest[0] if rest and rest[0] != has else None

    def _reset_job(self, now_ms: int) -> Job | None:
        """The reset that the charger asks for, once no transaction runs."""
        state = self._charger.state
        was_reset = state.reset_ms is not None and now_ms < state.reset_ms + RESET_PAUSE_MS
        if not state.reboot_required or was_reset or not self._charger.is_idle:
            return None
        state.reset_ms = now_ms
        log.info("reset for configuration", charger=self._charger_id)
        return job_of(call.Reset(ResetType.soft), lambda answer, _: ())
