"""StartTransaction (OCPP 1.6, 4.8): answered with the transactionId that `load` gave.

A retry is the same start: its record id follows from the natural key of a start (charger, connector, token, time,
meter) and from the socket, and it gets the same answer. On another socket, or after no decision in time, it has a new
id: the host drops an id that it has seen, and the decision on it may be forgotten, or may have been that this socket
does not speak for the charger any more; `load` recognises the start by itself.

A start is a fact, however it is reported: without a readable token it is of an unknown one, without a meter it starts
at 0, without a time it is of the moment at which it was received.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from ocpp.v16 import call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from adapters.ocpp.connected_charger import ConnectedCharger, Undecided
from adapters.ocpp.recorder import Observation
from adapters.ocpp.v16.id_tag_info import INVALID, id_tag_info
from adapters.ocpp.v16.message import ConnectorId, Message, MeterWh, Needed, Word
from adapters.ocpp.v16.times import TimeMs
from domain.records import derived_id
from domain.records.load import TransactionPermitted, TransactionRefused, TransactionStarted
from domain.records.observations import TransactionStart
from domain.records.sites import StartDenied

LATER = frozenset({TransactionPermitted.type_name, TransactionRefused.type_name, StartDenied.type_name})
"""The decisions on a start that had no permit."""
NO_TRANSACTION = 0
"""The id of a start that the rules rejected: OCPP wants one beside "Invalid"; a stop with it is quarantined."""


class StartTransaction(Message):
    connectorId: Needed[ConnectorId] = None
    idTag: Needed[Word] = None
    meterStart: Needed[MeterWh] = None
    timestamp: Needed[TimeMs] = None


async def handle(
    request: StartTransaction, charger: ConnectedCharger
) -> call_result.StartTransaction | Callable[[], Awaitable[call_result.StartTransaction]]:
    connector_id = request.connectorId or charger.state.only_connector
    if connector_id is None:
        charger.drop("StartTransaction", "connectorId", "it is needed, since this charger has several")
        return call_result.StartTransaction(NO_TRANSACTION, INVALID)
    charger.state.connector_seen(connector_id)
    card = await charger.card(request.idTag or "")
    reported = TransactionStart(
        charger_id=charger.identity.outlet_id(connector_id),
        evse_id=connector_id,
        token_ref=card.token_ref,
        vehicle_id=card.vehicle_id,
        card=card.state,
        meter_start_wh=request.meterStart or 0,
        charger_time_ms=charger.now_ms() if request.timestamp is None else request.timestamp,
    )
    start = derived_id(
        "start",
        charger.id,
        reported.evse_id,
        card.token_ref,
        reported.charger_time_ms,
        reported.meter_start_wh,
        charger.connection_id,
    )
    tries = charger.state.undecided[start]
    asked = charger.observation(reported, derived_id(start, tries) if tries else start)
    await charger.persist(asked)
    if request.idTag is not None:
        await charger.remember(request.idTag)
    return partial(_answer, start, asked, connector_id, charger)


async def _answer(
    start: str, asked: Observation, connector_id: int, charger: ConnectedCharger
) -> call_result.StartTransaction:
    try:
        decided = await charger.decision(asked, frozenset({TransactionStarted.type_name}))
    except Undecided:
        charger.state.undecided[start] += 1
        raise
    charger.state.undecided.pop(start, None)
    if not isinstance(decided.data, TransactionStarted):
        return call_result.StartTransaction(NO_TRANSACTION, INVALID)
    charger.state.transaction_seen(decided.data.transaction_id, connector_id)
    return call_result.StartTransaction(int(decided.data.transaction_id), await _info(decided.data, asked, charger))


async def _info(started: TransactionStarted, asked: Observation, charger: ConnectedCharger) -> IdTagInfo:
    """Whether the card may charge: one that the charger knows by itself is decided after its start."""
    if started.permitted or started.commissioning:
        return IdTagInfo(AuthorizationStatus.accepted)
    if started.duplicate_of is not None:
        return IdTagInfo(AuthorizationStatus.blocked)
    try:
        return id_tag_info(await charger.decision(asked, LATER))
    except Undecided:
        return INVALID
