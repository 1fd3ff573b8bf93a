"""The record types of the log. Importing this package registers every one of them."""

from domain.records import dead_letters, load, observations, registry, sites, time, vehicles
from domain.records.catalogue import TYPES, Decision, Kind, Payload
from domain.records.envelope import Record, derived_id, input_record

__all__ = [
    "TYPES",
    "Decision",
    "Kind",
    "Payload",
    "Record",
    "dead_letters",
    "derived_id",
    "input_record",
    "load",
    "observations",
    "registry",
    "sites",
    "time",
    "vehicles",
]
