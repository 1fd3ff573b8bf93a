"""Authorize (OCPP 1.6, 4.1): `sites` decides whether the token may charge here, `load` whether power is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from ocpp.v16 import call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.recorder import Observation
from adapters.ocpp.v16.message import Message, Needed, Word
from domain.records import observations
from domain.records.load import TransactionPermitted, TransactionRefused
from domain.records.sites import StartDenied
from domain.records.time import InputRejected

STATUS = {
    TransactionPermitted.type_name: AuthorizationStatus.accepted,
    TransactionRefused.type_name: AuthorizationStatus.blocked,
    StartDenied.type_name: AuthorizationStatus.blocked,
    InputRejected.type_name: AuthorizationStatus.invalid,
}


class Authorize(Message):
    idTag: Needed[Word] = None


async def handle(
    request: Authorize, charger: ConnectedCharger
) -> call_result.Authorize | Callable[[], Awaitable[call_result.Authorize]]:
    if request.idTag is None:  # no card at all is nobody's
        return call_result.Authorize(IdTagInfo(AuthorizationStatus.invalid))
    token_ref, vehicle_id = await charger.vehicle_of(request.idTag)
    asked = charger.observation(
        observations.Authorize(charger_id=charger.id, token_ref=token_ref, vehicle_id=vehicle_id)
    )
    await charger.persist(asked)
    return partial(_answer, asked, charger)


async def _answer(asked: Observation, charger: ConnectedCharger) -> call_result.Authorize:
    decided = await charger.decision(asked, frozenset(STATUS))
    return call_result.Authorize(IdTagInfo(STATUS[decided.type]))
