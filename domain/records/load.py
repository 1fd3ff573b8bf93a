"""Commands to, and events of, the safety kernel `load`."""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Decision, Payload, record_type
from domain.records.observations import CardState, Moment
from domain.records.registry import NodeSpec
from domain.records.sites import Target
from domain.records.words import OutletError, OutletStatus, ReportedReason, StopReason


@record_type("load.set_grid_limit.v1", "command")
class SetGridLimit(Payload):
    """Promise a cap for a site. `starts_ms` None: at once; `ends_ms` None: until replaced."""

    cap_id: str
    limit_w: int
    starts_ms: int | None
    ends_ms: int | None
    reason_code: str
    """`operator`, `utility`, `maintenance`, `test`: free text stays in the vault."""


@record_type("load.commission_charger.v1", "command")
class CommissionCharger(Payload):
    """An operator attests that until `expires_ms` only a test load of at most `test_load_ma` is plugged in there."""

    charger_id: str
    test_load_ma: int
    expires_ms: int


@record_type("load.request_command.v1", "command")
class RequestCommand(Payload):
    """An operator asks for a one-shot command to a charger."""

    command_id: str
    charger_id: str
    action: Literal[
        "remote_start", "remote_stop", "unlock", "reset", "trigger", "get_configuration", "change_configuration"
    ]
    arguments: dict[str, str]
    expires_ms: int


@record_type("load.close_transaction.v2", "command")
class CloseTransaction(Payload):
    """An operator ends a transaction without the charger's stop. `transaction_id` None: the one that is open there."""

    charger_id: str
    transaction_id: str | None = None


@record_type("load.trust_again.v1", "command")
class TrustAgain(Payload):
    """An operator has looked at a charger that gets no current: it may prove anew that it follows its limits."""

    charger_id: str


@record_type("load.tree_set.v1", "event")
class TreeSet(Payload):
    site_id: str
    firm_w: int
    nodes: tuple[NodeSpec, ...]


@record_type("load.charger_added.v1", "event")
class ChargerAdded(Payload):
    """An outlet of a charger that was registered.

    In the events of `load` and `sites`, `charger_id` names an outlet: the charger itself where it has one connector,
    `CHARGER:CONNECTOR` where it has several.
    """

    charger_id: str
    node: str
    phases: tuple[int, ...]
    max_ma: int
    min_ma: int
    voltage_mv: int
    ocpp_id: str = ""


@record_type("site.grid_limit_set.v1", "event")
class GridLimitSet(Decision):
    """A cap was accepted. It holds from `holds_from_ms`; not `guaranteed`: it lies below what can be promised."""

    cap_id: str
    limit_w: int
    starts_ms: int
    ends_ms: int | None
    holds_from_ms: int
    guaranteed: bool
    reason_code: str
    facts: dict[str, int]


@record_type("load.capacity_changed.v1", "event")
class CapacityChanged(Payload):
    """The capacity that `sites` may plan with: limits in force, and counted loads of chargers that can't be steered.

    `limit_ma` and `limit_w` are those of the node's description and of the caps in force, whichever is lower.
    """

    limits: tuple[NodeSpec, ...]
    fixed: tuple[tuple[str, int], ...]
    """(charger, mA per phase): offline or unproven chargers, which targets can't lower."""


@record_type("load.targets_known.v1", "event")
class TargetsKnown(Payload):
    """The kernel took over targets of `sites`, in their order; without `targets` the known ones go on."""

    targets: tuple[Target, ...]
    valid_until_ms: int


@record_type("load.overcommitted.v1", "event")
class Overcommitted(Payload):
    """Counted at their worst, the chargers exceed the limits of these nodes: they are being lowered."""

    nodes: tuple[str, ...]


@record_type("load.recovered.v1", "event")
class Recovered(Payload):
    """The ledger fits below all limits again."""


@record_type("charger.connected.v1", "event")
class ChargerConnected(Payload):
    """From here on this socket speaks for the charger. `epoch` counts the charger's sockets."""

    charger_id: str
    connection_id: str
    gateway_id: str = ""
    epoch: int = 0


@record_type("charger.disconnected.v1", "event")
class ChargerDisconnected(Payload):
    charger_id: str
    connection_id: str
    reason: str


@record_type("charger.booted.v1", "event")
class ChargerBooted(Payload):
    charger_id: str
    vendor: str
    model: str
    firmware: str


@record_type("charger.status_changed.v2", "event")
class ChargerStatusChanged(Payload):
    charger_id: str
    evse_id: int
    status: OutletStatus
    error_code: OutletError
    detail: str = ""
    """The charger's own text beside its error."""
    connector_id: int = 1


@record_type("charger.token_presented.v1", "event")
class TokenPresented(Payload):
    """A driver presented a token at a charger, not at one of its outlets. `vehicle_id` is None for an unknown one."""

    charger_id: str
    token_ref: str
    vehicle_id: str | None
    card: CardState = "valid"


@record_type("transaction.permit_sought.v2", "event")
class PermitSought(Payload):
    """A transaction began without a permit, as with a card that the charger knows. `sites` decides whether it may."""

    charger_id: str
    transaction_id: str
    token_ref: str
    vehicle_id: str | None
    card: CardState = "valid"


@record_type("transaction.permitted.v1", "event")
class TransactionPermitted(Decision):
    """Room for a transaction's first current was set aside until `expires_ms`; the charger may start."""

    charger_id: str
    request_id: str
    start_ma: int
    expires_ms: int


@record_type("transaction.refused.v1", "event")
class TransactionRefused(Decision):
    """`room_until_ms`: the room that it wanted is made and left for another try until then; None: it is not."""

    charger_id: str
    request_id: str
    room_until_ms: int | None = None


@record_type("transaction.room_released.v1", "event")
class RoomReleased(Payload):
    """No other try came: the room that was left for it is anybody's."""

    charger_id: str
    request_id: str


@record_type("transaction.started.v2", "event")
class TransactionStarted(Payload):
    transaction_id: str
    charger_id: str
    evse_id: int
    vehicle_id: str | None
    token_ref: str
    meter_start_wh: int
    permitted: bool
    commissioning: bool
    duplicate_of: str | None
    """The start record that this one repeats, or None: a repeat is answered with the same transaction id."""
    charger_time_ms: int = 0
    """The time of the start by the charger's clock: part of the start's natural key."""
    start_id: str = ""
    """The start record: what a later repeat is a duplicate of."""
    connector_id: int = 1


@record_type("transaction.stopped.v2", "event")
class TransactionStopped(Payload):
    transaction_id: str
    charger_id: str
    vehicle_id: str | None
    energy_wh: int
    """What was believed of its register; not `meter_stop_wh` less the start's value where these contradict physics."""
    meter_stop_wh: int
    reason: StopReason
    commissioning: bool
    estimated: bool = False
    """Its register did not continue from the start's value to the stop's, or this one is unknown: so is some energy."""


@record_type("transaction.stop_corrected.v2", "event")
class TransactionStopCorrected(Payload):
    """The stop came after the transaction had ended without it: its energy, once."""

    transaction_id: str
    charger_id: str
    vehicle_id: str | None
    energy_wh: int
    meter_stop_wh: int
    reason: ReportedReason
    estimated: bool = False


@record_type("transaction.start_waits.v1", "event")
class StartWaits(Decision):
    """There is no room yet for a transaction's first current: it is being made until `until_ms`."""

    charger_id: str
    request_id: str
    start_ma: int
    until_ms: int


@record_type("transaction.stop_repeated.v2", "event")
class TransactionStopRepeated(Payload):
    """The stop of a transaction that is over already: recognised, without a second effect."""

    charger_id: str
    transaction_id: str


@record_type("transaction.quarantined.v2", "event")
class TransactionQuarantined(Payload):
    """A stop that fits no open transaction: recorded for review, never counted."""

    charger_id: str
    transaction_id: str
    meter_stop_wh: int
    reason: str


@record_type("charger.failsafe_desired.v1", "event")
class FailsafeDesired(Payload):
    """The fail-safe limit that a charger falls back to when cut off (TxDefaultProfile at the lowest stack level)."""

    charger_id: str
    limit_ma: int
    generation: int


@record_type("charger.limit_desired.v2", "event")
class LimitDesired(Decision):
    """The limit of a charger while its transaction runs, as a lease until `valid_until_ms`.

    `total_ma`: written in W, all phases together get no more, though the limit would let them have it.
    """

    charger_id: str
    transaction_id: str
    limit_ma: int
    generation: int
    valid_until_ms: int
    total_ma: int | None = None


class RenewedLimit(Payload):
    charger_id: str
    transaction_id: str
    limit_ma: int
    generation: int


@record_type("site.limits_renewed.v2", "event")
class LimitsRenewed(Payload):
    """The leases of a site's chargers go on: same limits, new validity, new generations."""

    valid_until_ms: int
    limits: tuple[RenewedLimit, ...]


@record_type("charger.lease_ended.v2", "event")
class LeaseEnded(Payload):
    """The transaction is over: its lease is no longer desired."""

    charger_id: str
    transaction_id: str
    generation: int


@record_type("charger.profile_answered.v1", "event")
class ProfileAnswered(Payload):
    charger_id: str
    purpose: Literal["failsafe", "lease"]
    generation: int
    status: str
    unit: Literal["A", "W"] = "A"
    replaces_failsafe: bool = False


@record_type("charger.limit_confirmed.v1", "event")
class LimitConfirmed(Payload):
    """A decrease is confirmed: measured current stayed at or below the limit after the charger accepted it."""

    charger_id: str
    generation: int
    limit_ma: int
    measured_ma: int


@record_type("charger.commissioning_opened.v1", "event")
class CommissioningOpened(Payload):
    charger_id: str
    test_load_ma: int
    expires_ms: int


@record_type("charger.obedience_proven.v1", "event")
class ObedienceProven(Payload):
    charger_id: str
    before_ma: int
    limit_ma: int
    measured_ma: int


EXCEEDS_LIMIT = "it draws more than it accepted"
"""The reason by which a proof is void of a charger that does not comply: it gets no current."""


@record_type("charger.obedience_voided.v1", "event")
class ObedienceVoided(Payload):
    charger_id: str
    reason: str
    limit_ma: int
    measured_ma: int


@record_type("charger.trusted_again.v1", "event")
class TrustedAgain(Decision):
    """It gets current again, and is verified anew: until it has followed a decrease, it counts at its maximum."""

    charger_id: str


@record_type("charger.reading_refused.v2", "event")
class ReadingRefused(Payload):
    """Physics contradicts a reading: it grants, ends and confirms nothing. Repeats are not recorded for ten minutes.

    `value` is in mA of the highest phase, W or Wh. `estimated`: energy is counted on from it, from an unknown begin.
    """

    charger_id: str
    evse_id: int
    transaction_id: str | None
    quantity: Literal["current", "power", "energy"]
    value: int
    reason: str
    estimated: bool = False
    connector_id: int = 1


@record_type("transaction.value_signed.v1", "event")
class ValueSigned(Payload):
    """A signed value of a transaction's begin or end, as the charger sent it: it is part of what a driver is billed."""

    transaction_id: str
    charger_id: str
    moment: Moment
    text: str
    charger_time_ms: int


@record_type("charger.watts_divided.v1", "event")
class WattsDivided(Payload):
    """Whether a charger divides a limit in W by its phases, by what a car drew on one phase.

    Where it does not, or may not, each phase may carry all of it. `limit_ma` is what was written, in mA of all phases
    together; what is written lower is not known to be divided: some chargers switch to one phase.
    """

    charger_id: str
    divided: bool
    limit_ma: int
    measured_ma: int


@record_type("charger.clock_learnt.v1", "event")
class ClockLearnt(Payload):
    """How far our clock is ahead of the charger's (ms; negative: its clock is ahead). None: unknown since a boot."""

    charger_id: str
    offset_ms: int | None


@record_type("charger.rating_exceeded.v1", "event")
class RatingExceeded(Payload):
    """More than its outlet is rated for was measured, and affirmed: it counts as read and gets no current."""

    charger_id: str
    measured_ma: int
    rated_ma: int


@record_type("charger.rating_kept.v1", "event")
class RatingKept(Payload):
    """What is measured is possible again."""

    charger_id: str


STATUS_NOTIFICATION = "StatusNotification"
"""The `requested_message` of a trigger that asks for the status of a connector."""


@record_type("charger.command_requested.v1", "event")
class CommandRequested(Payload):
    """A one-shot command for the gateway to send before `expires_ms`, or not at all.

    `gateway_id` holds the charger's socket, and no other gateway sends it; empty: the gateway of its next socket does.
    """

    command_id: str
    charger_id: str
    action: Literal[
        "remote_start", "remote_stop", "unlock", "reset", "trigger", "get_configuration", "change_configuration"
    ]
    arguments: dict[str, str]
    expires_ms: int
    gateway_id: str = ""


@record_type("charger.command_answered.v1", "event")
class CommandAnswered(Payload):
    charger_id: str
    command_id: str
    status: str
    detail: str


@record_type("load.alarm_raised.v1", "event")
class AlarmRaised(Payload):
    """Something that people must look at: `code` is stable, e.g. `cap_not_guaranteed`, `overload`, `disobedient`."""

    code: str
    charger_id: str | None
    detail: str


@record_type("load.alarm_cleared.v1", "event")
class AlarmCleared(Payload):
    code: str
    charger_id: str | None
