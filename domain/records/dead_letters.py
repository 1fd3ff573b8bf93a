"""Dead letters: records that a reader could not read, on the topic `<topic>.dead`."""

from __future__ import annotations

from domain.records.catalogue import Payload, record_type


@record_type("input.dead.v1", "observation")
class DeadLetter(Payload):
    """A record as it was found, where it is, and why it could not be read."""

    topic: str
    partition: int
    offset: int
    key: str
    reason: str
    body_base64: str
