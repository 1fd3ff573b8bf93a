"""A charge point's configuration keys (OCPP 1.6, 9)."""

from __future__ import annotations

from simulators.charger.personality import Personality
from simulators.charger.profile import MAX_PERIODS
from simulators.charger.profiles import MAX_PROFILES

_RATE_UNITS = {("A", "W"): "Current,Power", ("A",): "Current", ("W",): "Power"}
_SECONDS = {"HeartbeatInterval", "ClockAlignedDataInterval", "MeterValueSampleInterval", "ConnectionTimeOut"}
_MEASURANDS = "Energy.Active.Import.Register,Current.Import,Power.Active.Import"


class Configuration:
    """The keys with their values; some may be changed."""

    def __init__(self, character: Personality, connectors: int) -> None:
        self._writable = {
            "AuthorizeRemoteTxRequests": "false",
            "ClockAlignedDataInterval": "0",
            "ConnectionTimeOut": "120",
            "HeartbeatInterval": "300",
            "MeterValuesAlignedData": _MEASURANDS,
            "MeterValuesSampledData": _MEASURANDS,
            "MeterValueSampleInterval": "60",
            "StopTransactionOnInvalidId": "true",
        }
        self._fixed = {
            "ChargeProfileMaxStackLevel": str(character.max_stack_level),
            "ChargingScheduleAllowedChargingRateUnit": _RATE_UNITS[character.rate_units],
            "ChargingScheduleMaxPeriods": str(MAX_PERIODS),
            "GetConfigurationMaxKeys": "50",
            "MaxChargingProfilesInstalled": str(MAX_PROFILES),
            "NumberOfConnectors": str(connectors),
            "SupportedFeatureProfiles": "Core,SmartCharging,RemoteTrigger",
        }

    def seconds(self, key: str) -> int:
        return int(self._writable[key])

    def list(self, keys: list[str]) -> tuple[list[dict[str, object]], list[str]]:
        """(known keys, unknown ones) of those asked for; all where none is named."""
        known = {**self._writable, **self._fixed}
        asked = keys or sorted(known)
        found = [{"key": key, "readonly": key in self._fixed, "value": known[key]} for key in asked if key in known]
        return found, [key for key in asked if key not in known]

    def change(self, key: str, value: str) -> str:
        """Change a key; the status of the answer to ChangeConfiguration."""
        if key in self._fixed:
            return "Rejected"
        if key not in self._writable:
            return "NotSupported"
        if key in _SECONDS and not (value.isascii() and value.isdigit()):
            return "Rejected"
        self._writable[key] = value
        return "Accepted"
