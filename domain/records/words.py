"""The words for an outlet's status, its error and a transaction's end: ours, into which each OCPP version translates.

They are those of OCPP 1.6 (7.6, 7.7, 7.36) and 2.0.1 (3.31, 3.33, 3.57) in snake case.
"""

from __future__ import annotations

import re
from typing import Any, Literal, cast, get_args

OutletStatus = Literal[
    "available",
    "preparing",
    "charging",
    "suspended_ev",
    "suspended_evse",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
    "unknown",
]
"""`preparing`: a car is plugged in, or a card was presented. `suspended_ev`: the car pauses; `suspended_evse`: the
charger, by a limit of ours or one of its own. `unknown`: a word that the charger's OCPP version does not have."""

STATUS_WORDS: dict[str, str] = {
    "available": "the charger is free",
    "preparing": "a car is plugged in there",
    "charging": "a car charges there",
    "suspended_ev": "the car has paused",
    "suspended_evse": "the charger has paused",
    "finishing": "a car that is done is plugged in there",
    "reserved": "the charger is reserved",
    "unavailable": "the charger is out of service",
    "faulted": "the charger is out of order",
    "unknown": "the charger reports a status that is not known",
}
"""What each status means, in a reason."""

OUT_OF_SERVICE = ("faulted", "unavailable")
"""The statuses in which nothing can charge."""

OutletError = Literal[
    "no_error",
    "connector_lock_failure",
    "ev_communication_error",
    "ground_failure",
    "high_temperature",
    "internal_error",
    "local_list_conflict",
    "over_current_failure",
    "over_voltage",
    "power_meter_failure",
    "power_switch_failure",
    "reader_failure",
    "reset_failure",
    "under_voltage",
    "weak_signal",
    "other_error",
]

ReportedReason = Literal[
    "local",
    "remote",
    "ev_disconnected",
    "unlock_command",
    "de_authorized",
    "emergency_stop",
    "power_loss",
    "hard_reset",
    "soft_reset",
    "reboot",
    "immediate_reset",
    "energy_limit_reached",
    "time_limit_reached",
    "soc_limit_reached",
    "stopped_by_ev",
    "local_out_of_credit",
    "master_pass",
    "ground_fault",
    "overcurrent_fault",
    "power_quality",
    "timeout",
    "other",
]
"""Why a charger says that it ended a transaction."""

StopReason = Literal[ReportedReason, "stop_lost", "superseded", "restarted", "closed_by_operator"]
"""The last four are of transactions that ended without the charger's stop, which may still come: by the connector's
status, by another car's start there, by a charger that began anew with the same car, and by an operator."""

ENDED_WITHOUT_STOP = ("stop_lost", "superseded", "restarted", "closed_by_operator")

_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(word: str) -> str:
    """`SuspendedEVSE` as `suspended_evse`."""
    return _WORD_BEGINS.sub("_", word).lower()


def outlet_status(word: str) -> OutletStatus:
    """The status that OCPP writes as `word`."""
    return cast(OutletStatus, _one_of(OutletStatus, word, "unknown"))


def outlet_error(word: str) -> OutletError:
    """The error that OCPP writes as `word`."""
    return cast(OutletError, _one_of(OutletError, word, "other_error"))


def reported_reason(word: str) -> ReportedReason:
    """The reason of a stop that OCPP writes as `word`."""
    return cast(ReportedReason, _one_of(ReportedReason, word, "other"))


def _one_of(literal: Any, word: str, otherwise: str) -> str:
    ours = snake_case(word)
    return ours if ours in get_args(literal) else otherwise
