"""Authorize (OCPP 1.6, 4.1): `sites` decides whether the token may charge here, `load` whether power is left.

Without a readable token it is of a driver who is not known, as a start is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from ocpp.v16 import call_result

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.recorder import Observation
from adapters.ocpp.v16.id_tag_info import id_tag_info
from adapters.ocpp.v16.message import Message, Needed, Word
from domain.records import observations
from domain.records.load import TransactionPermitted, TransactionRefused
from domain.records.sites import StartDenied
from domain.records.time import InputRejected

DECISIONS = frozenset(
    decision.type_name for decision in (TransactionPermitted, TransactionRefused, StartDenied, InputRejected)
)


class Authorize(Message):
    idTag: Needed[Word] = None


async def handle(request: Authorize, charger: ConnectedCharger) -> Callable[[], Awaitable[call_result.Authorize]]:
    card = await charger.card(request.idTag or "")
    presented = observations.Authorize(
        charger_id=charger.id, token_ref=card.token_ref, vehicle_id=card.vehicle_id, card=card.state
    )
    asked = charger.observation(presented)
    await charger.persist(asked)
    return partial(_answer, asked, charger)


async def _answer(asked: Observation, charger: ConnectedCharger) -> call_result.Authorize:
    return call_result.Authorize(id_tag_info(await charger.decision(asked, DECISIONS)))
