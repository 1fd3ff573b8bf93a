"""Reports of chargers: observations that the OCPP gateway publishes to `load.inputs` (or `sites.inputs`).

`charger_id` is the charger's OCPP identity. Times by a charger's clock are data (`charger_time_ms`), never the clock.
"""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Payload, record_type

AnswerStatus = Literal["accepted", "rejected", "not_supported", "timeout", "offline"]
"""A time-out means unknown, not rejected; `offline`: the socket was gone before an answer."""


SOURCE = "/ocpp"


def source_of(connection_id: str) -> str:
    """The source of what a charger reports on one of its sockets."""
    return f"{SOURCE}/{connection_id}"


def connection_of(source: str) -> str:
    """The socket on which it was reported; empty where the source names none."""
    return source.removeprefix(SOURCE).removeprefix("/") if source.startswith(SOURCE) else ""


@record_type("ocpp.connected.v1", "observation")
class Connected(Payload):
    """A socket passed authentication at a gateway; it replaces any older one of the same charger.

    `again`: it was given up, but its gateway still holds it. That counts only while no newer one has come.
    """

    charger_id: str
    connection_id: str
    subprotocol: str
    gateway_id: str = ""
    again: bool = False


@record_type("ocpp.disconnected.v1", "observation")
class Disconnected(Payload):
    """Counts only where `connection_id` is the charger's newest."""

    charger_id: str
    connection_id: str
    reason: str


@record_type("ocpp.booted.v1", "observation")
class Booted(Payload):
    charger_id: str
    vendor: str
    model: str
    firmware: str


OUT_OF_SERVICE = ("Faulted", "Unavailable")
"""The statuses in which nothing can charge."""


@record_type("ocpp.status.v1", "observation")
class Status(Payload):
    charger_id: str
    connector_id: int
    status: str
    """As OCPP 1.6 names them: Available, Preparing, Charging, SuspendedEV, Finishing, Faulted ..."""
    error_code: str
    charger_time_ms: int | None


@record_type("ocpp.authorize.v1", "observation")
class Authorize(Payload):
    """A driver presented a token. `vehicle_id` is None for an unknown one; `token_ref` is its opaque id."""

    charger_id: str
    token_ref: str
    vehicle_id: str | None


@record_type("ocpp.transaction_start.v1", "observation")
class TransactionStart(Payload):
    charger_id: str
    connector_id: int
    token_ref: str
    vehicle_id: str | None
    meter_start_wh: int
    charger_time_ms: int


@record_type("ocpp.transaction_stop.v1", "observation")
class TransactionStop(Payload):
    """`unreadable` names the fields that the charger sent in no readable form.

    Such a transaction is 0, such a meter the charger's last one that is known, else 0, such a time that of receipt.
    """

    charger_id: str
    transaction_id: int
    meter_stop_wh: int
    charger_time_ms: int
    reason: str
    unreadable: tuple[str, ...] = ()


@record_type("ocpp.metered.v1", "observation")
class Metered(Payload):
    """One sampled value set of a connector, in our units. None: not reported.

    `current_ma` is per phase L1..L3 of the charger; `fresh` is False for samples that were queued during an outage, and
    for all but the newest of a message. `stale_by_clock`: nothing but its time speaks against its being of now.
    `requested`: the charger says that it answers to a request of ours.
    """

    charger_id: str
    connector_id: int
    transaction_id: int | None
    charger_time_ms: int
    current_ma: tuple[int, int, int] | None
    power_w: int | None
    energy_wh: int | None
    fresh: bool
    stale_by_clock: bool = False
    requested: bool = False


@record_type("ocpp.profile_answer.v1", "observation")
class ProfileAnswer(Payload):
    """How the charger answered a desired limit: its fail-safe limit, or the lease of a running transaction."""

    charger_id: str
    purpose: Literal["failsafe", "lease"]
    generation: int
    status: AnswerStatus
    detail: str = ""
    """In the charger's own words; of a refusal, all that was tried."""
    unit: Literal["A", "W"] = "A"
    """What the limit was written in: A per phase, or W in total, which the charger divides in a way of its own."""
    replaces_failsafe: bool = False
    """The lease was written in the place of the fail-safe limit: the end of its transaction does not end it."""


@record_type("ocpp.command_answer.v1", "observation")
class CommandAnswer(Payload):
    charger_id: str
    command_id: str
    status: AnswerStatus
    detail: str


@record_type("ocpp.configuration.v1", "observation")
class Configuration(Payload):
    """The configuration keys that a charger reported (GetConfiguration)."""

    charger_id: str
    items: tuple[tuple[str, str], ...]


ReadingSource = Literal["driver", "integration"]
"""`integration`: a vehicle's or fleet's own cloud, by a key of its own; `driver`: anybody who is logged in."""


@record_type("vehicle.reading.v1", "observation")
class Reading(Payload):
    """One reading of a vehicle. None: not reported, which is not the same as no.

    `observed_ms` is the time of the observation by the source; the position, of which only the zone is here, has a time
    of its own. `enterprise_id` is the enterprise whose integration reported it: only that one is trusted about its
    missions.
    """

    vehicle_id: str
    source: ReadingSource
    enterprise_id: str | None
    observed_ms: int
    level_permille: int | None = None
    range_m: int | None = None
    plugged_in: bool | None = None
    mission_active: bool | None = None
    location_zone: str | None = None
    location_observed_ms: int | None = None
