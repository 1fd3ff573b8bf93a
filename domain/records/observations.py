"""Reports of chargers: observations that the OCPP gateway publishes to `load.inputs` (or `sites.inputs`).

`charger_id` names the outlet, or the charger where the station itself reports. `evse_id` is the number of the EVSE at
the charger, 0 for the station, and `connector_id` that of a connector of the EVSE: what OCPP 1.6 calls a connector is
an EVSE with one connector, 1. A transaction's id is text: OCPP 1.6 writes it as a number, and 2.x draws it
at the charger. Times by a charger's clock are data (`charger_time_ms`), never the clock.
"""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Payload, record_type
from domain.records.words import OutletError, OutletStatus, ReportedReason

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


@record_type("ocpp.status.v2", "observation")
class Status(Payload):
    """The status of an EVSE, or of the station (`evse_id` 0). `detail` is the charger's own text beside its error."""

    charger_id: str
    evse_id: int
    status: OutletStatus
    error_code: OutletError
    charger_time_ms: int | None
    detail: str = ""
    connector_id: int = 1


CardState = Literal["valid", "blocked", "expired"]
"""Whether a vehicle's card may be used. A token that is no vehicle's is valid, and nobody's."""


@record_type("ocpp.authorize.v1", "observation")
class Authorize(Payload):
    """A driver presented a token. `vehicle_id` is None for an unknown one; `token_ref` is its opaque id."""

    charger_id: str
    token_ref: str
    vehicle_id: str | None
    card: CardState = "valid"


@record_type("ocpp.transaction_start.v2", "observation")
class TransactionStart(Payload):
    charger_id: str
    evse_id: int
    token_ref: str
    vehicle_id: str | None
    meter_start_wh: int
    charger_time_ms: int
    connector_id: int = 1
    card: CardState = "valid"


@record_type("ocpp.transaction_stop.v2", "observation")
class TransactionStop(Payload):
    """`unreadable` names the fields that the charger sent in no readable form.

    Such a transaction is empty, such a meter the charger's last one that is known, else 0, such a time that of receipt.
    """

    charger_id: str
    transaction_id: str
    meter_stop_wh: int
    charger_time_ms: int
    reason: ReportedReason
    unreadable: tuple[str, ...] = ()


Moment = Literal["begin", "end", "other"]
"""Of a signed value: at the begin or the end of a transaction, or neither."""


class SignedValue(Payload):
    """What a meter signed (e.g. OCMF, or a maker's own format): the `text` that the charger sent, unchanged.

    No rule reads it: a value that is interpreted and written again would not fit its signature any more.
    """

    moment: Moment
    text: str


@record_type("ocpp.metered.v2", "observation")
class Metered(Payload):
    """One sampled value set of an EVSE, or of the station (`evse_id` 0), in our units. None: not reported.

    `current_ma` is per phase L1..L3 of the charger; `fresh` is False for samples that were queued during an outage, and
    for all but the newest of a message. `stale_by_clock`: nothing but its time speaks against its being of now.
    `requested`: the charger says that it answers to a request of ours.
    """

    charger_id: str
    evse_id: int
    transaction_id: str | None
    charger_time_ms: int
    current_ma: tuple[int, int, int] | None
    power_w: int | None
    energy_wh: int | None
    fresh: bool
    stale_by_clock: bool = False
    requested: bool = False
    signed: tuple[SignedValue, ...] = ()
    connector_id: int = 1


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
