"""OCPP 1.6's words in ours."""

from __future__ import annotations

from enum import StrEnum

from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, Reason

from domain.records.words import (
    OutletError,
    OutletStatus,
    ReportedReason,
    outlet_error,
    outlet_status,
    reported_reason,
)


def status_of(word: str) -> OutletStatus:
    """The status of a StatusNotification; `unknown` for a word that OCPP 1.6 does not have."""
    return outlet_status(_as_written(ChargePointStatus, word))


def error_of(word: str) -> OutletError:
    """The error of a StatusNotification; `other_error` for a word that OCPP 1.6 does not have."""
    return outlet_error(_as_written(ChargePointErrorCode, word))


def reason_of(word: str) -> ReportedReason:
    """The reason of a StopTransaction; `other` for a word that OCPP 1.6 does not have."""
    return reported_reason(_as_written(Reason, word))


def _as_written(words: type[StrEnum], text: str) -> str:
    """A word as OCPP writes it, whatever its case."""
    return next((word.value for word in words if word.value.lower() == text.lower()), "")
