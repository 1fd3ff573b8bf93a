"""Finding a session. One that was accepted, and is not decided yet, is not called missing."""

from __future__ import annotations

from sqlalchemy import Connection

from api.context import Context
from api.finding import found
from api.problems import SOON, Problem
from projections import rejections, sessions
from projections.projection import Row


async def known_session(context: Context, session_id: str) -> Row | None:
    """A session, which bears the id of the command that asked for it. None: there is none, or a rule rejected it.

    Raises a 503 problem while that command is stored and not decided, as `Call.undecided` remembers it.
    """
    row = await found(context, lambda connection: sessions.find(connection, session_id))
    if row is not None or not await context.vault.is_unanswered(session_id):
        return row
    # It may have been decided since it was looked for.
    row = await context.database.read(lambda connection: sessions.find(connection, session_id))
    if row is None and await rejection(context, session_id) is None:
        raise Problem(503, "this session was accepted and is not decided yet: ask again", headers=SOON)
    return row


async def rejection(context: Context, session_id: str) -> Row | None:
    """The rejection of the command that asked for it, or None."""

    def asked_for_it(connection: Connection) -> Row | None:
        told = rejections.caused_by(connection, session_id)
        return told if told is not None and told["input_type"] in ASKED_BY else None

    return await found(context, asked_for_it)


ASKED_BY = "vehicles.request_session.v1", "session.requested.v1"
