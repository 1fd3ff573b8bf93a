"""The cards of a vehicle: list, add, block, unblock, remove."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.access import known_vehicle, may
from api.answers import Json
from api.call import NOT_YET, Call, CurrentCall
from api.context import Context, CurrentContext
from api.problems import Problem, Rejected
from api.routes.paths import V1, PathId
from api.shapes.vehicles import Card, Cards
from api.views.cards import card_view
from commands.add_card import CardRequest
from commands.log.topics import stream
from commands.ports.directory import CardChange
from commands.ports.log import LogError
from domain.records.registry import CardChanged, CardUse, ChangeCard
from projections import cards

router = APIRouter(prefix=f"{V1}/vehicles/{{vehicle_id}}/cards", tags=["vehicles"])
MOST = 20
"""The number of cards that a vehicle may have."""
ACTIVE = CardChange("active")


@router.get("", response_model=Cards, dependencies=[may("card.see")])
async def every(context: CurrentContext, vehicle_id: PathId) -> Response:
    """List the cards of a vehicle."""
    vehicle = (await known_vehicle(context, vehicle_id, status=404))["id"]
    tokens, changes = await context.vault.cards.of(vehicle), await _changes(context, vehicle)
    now_ms = context.clock.now_ms()
    known = [(ref, token, changes.get(ref, ACTIVE)) for ref, token in tokens.items()]
    return Json({"cards": [card_view(*card, now_ms) for card in known if card[2].use != "removed"]})


@router.post("", status_code=201, response_model=Card, responses=NOT_YET, dependencies=[may("card.change")])
async def add(call: CurrentCall, vehicle_id: PathId, body: CardRequest) -> Response:
    """Add a card to a vehicle, or make one active again.

    The token is stored in the vault and never in the log.
    """
    context = call.context
    vehicle = (await known_vehicle(context, vehicle_id, status=404))["id"]
    async with call.once(body) as submission:
        token_ref, known = context.vault.cards.ref(body.token), await context.vault.cards.of(vehicle)
        if token_ref not in known and len(known) >= MOST:
            raise Problem(409, f"a vehicle has at most {MOST} cards", field="token")
        await context.vault.cards.add(vehicle, body.token)
        try:
            outcome = await submission.decide(_stream(vehicle), body.command(vehicle, token_ref), CardChanged)
        except (Rejected, LogError):
            if token_ref not in known:
                await context.vault.cards.remove(vehicle, token_ref)
            raise
        answer = card_view(token_ref, body.token, CardChange("active", body.expires_at), submission.now_ms)
        return await submission.answer(202 if outcome is None else 201, answer, final=outcome is not None)


@router.post("/{card_id}/block", response_model=Card, responses=NOT_YET, dependencies=[may("card.change")])
async def block(call: CurrentCall, vehicle_id: PathId, card_id: PathId) -> Response:
    """Block a card.

    It starts nothing any more. Charging that it has started goes on, and it can still stop that.
    """
    return await _use(call, vehicle_id, card_id, "blocked")


@router.post("/{card_id}/unblock", response_model=Card, responses=NOT_YET, dependencies=[may("card.change")])
async def unblock(call: CurrentCall, vehicle_id: PathId, card_id: PathId) -> Response:
    """Unblock a card."""
    return await _use(call, vehicle_id, card_id, "active")


@router.delete("/{card_id}", status_code=204, dependencies=[may("card.change")])
async def remove(call: CurrentCall, vehicle_id: PathId, card_id: PathId) -> Response:
    """Remove a card from a vehicle.

    It is nobody's then, and may charge where the site serves cards that it does not know. Block one that was lost.
    """
    vehicle, _ = await _card(call.context, vehicle_id, card_id)
    async with call.once(None) as submission:
        command = ChangeCard(vehicle_id=vehicle, token_ref=card_id, use="removed")
        await submission.decide(_stream(vehicle), command, CardChanged)
        await call.context.vault.cards.remove(vehicle, card_id)
        return Response(status_code=204)


async def _use(call: Call, vehicle_id: str, card_id: str, use: CardUse) -> Response:
    vehicle, token = await _card(call.context, vehicle_id, card_id)
    async with call.once(None) as submission:
        expires_ms = (await _changes(call.context, vehicle)).get(card_id, ACTIVE).expires_ms
        command = ChangeCard(vehicle_id=vehicle, token_ref=card_id, use=use, expires_ms=expires_ms)
        outcome = await submission.decide(_stream(vehicle), command, CardChanged)
        answer = card_view(card_id, token, CardChange(use, expires_ms), submission.now_ms)
        return await submission.answer(202 if outcome is None else 200, answer, final=outcome is not None)


async def _card(context: Context, vehicle_id: str, card_id: str) -> tuple[str, str | None]:
    """The id of the vehicle, and the token of its card as far as it is known. Raises a problem where there is none."""
    vehicle = (await known_vehicle(context, vehicle_id, status=404))["id"]
    tokens = await context.vault.cards.of(vehicle)
    if card_id not in tokens:
        raise Problem(404, "this vehicle has no such card", field="card_id")
    return vehicle, tokens[card_id]


async def _changes(context: Context, vehicle_id: str) -> dict[str, CardChange]:
    return await context.database.read(lambda connection: cards.changes_of(connection, vehicle_id))


def _stream(vehicle_id: str) -> str:
    return stream("registry", f"vehicle:{vehicle_id}")
