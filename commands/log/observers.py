"""The processors that observe what a charger reports: one table (that of events is `processors/routes.py`)."""

from __future__ import annotations

from domain.records import Payload, observations

OBSERVERS: dict[type[Payload], tuple[str, ...]] = {
    observations.Connected: ("load",),
    observations.Disconnected: ("load",),
    observations.Booted: ("load",),
    observations.Status: ("load",),
    observations.Authorize: ("load",),
    observations.TransactionStart: ("load",),
    observations.TransactionStop: ("load",),
    observations.Metered: ("load", "sites"),
    observations.ProfileAnswer: ("load",),
    observations.CommandAnswer: ("load",),
    observations.Configuration: ("load",),
}


def observers_of(observation: Payload) -> tuple[str, ...]:
    """The processors whose inputs an observation is appended to."""
    return OBSERVERS[type(observation)]
