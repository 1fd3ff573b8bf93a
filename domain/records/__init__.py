"""The record types of the log. Importing this package registers every one of them."""

from domain.records import chargers, dead_letters, fleet, load, priority, readings, registry, sessions, time
from domain.records.catalogue import TYPES, Decision, Kind, Payload
from domain.records.envelope import Record, derived_id, input_record

__all__ = [
    "TYPES",
    "Decision",
    "Kind",
    "Payload",
    "Record",
    "chargers",
    "dead_letters",
    "derived_id",
    "fleet",
    "input_record",
    "load",
    "priority",
    "readings",
    "registry",
    "sessions",
    "time",
]
