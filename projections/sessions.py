"""`sessions`: every charging session, from the queue to its end, as its site decided."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Index,
    String,
    Table,
    bindparam,
    case,
    false,
    func,
    select,
    true,
    tuple_,
)

from domain.records import sites as events
from projections.projection import METADATA, Change, Happened, Projection, Row, change, first, insert_new, one_of, rows
from projections.session_requests import SESSION_REQUESTS

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String, primary_key=True),
    Column("vehicle_id", String, index=True),
    Column("site_id", String, nullable=False),
    Column("charger_id", String),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("tier", BigInteger),
    Column("tier_until_ms", BigInteger),
    *(Column(name, BigInteger) for name in events.Fairness.model_fields),
    Column("need_wh", BigInteger),
    Column("energy_wh", BigInteger),
    Column("estimated", Boolean, nullable=False),
    Column("queued_at_ms", BigInteger),
    Column("depart_ms", BigInteger),
    Column("held_until_ms", BigInteger),
    Column("assigned_start_ms", BigInteger),
    Column("assigned_end_ms", BigInteger),
    Column("eta_ms", BigInteger),
    Column("walk_up", Boolean, nullable=False),
    Column("move_wanted", Boolean, nullable=False),
    Index("sessions_of_site", "site_id", "state"),
    Index("sessions_at_charger", "charger_id", "move_wanted", "state"),
)
PROJECTION = Projection(SESSIONS, "sites")
HELD = ("offered", "assigned")
NOT_PLUGGED = ("queued", *HELD)
PLUGGED = ("charging", "paused")

ADD = insert_new(SESSIONS)
OFFER = change(SESSIONS, ["state", "charger_id", "held_until_ms", "eta_ms", "reason"])
REQUEUE = change(SESSIONS, ["state", "charger_id", "held_until_ms", "reason"])
ASSIGN = change(SESSIONS, ["state", "charger_id", "held_until_ms", "assigned_start_ms"])
CHARGE = change(SESSIONS, ["state", "charger_id", "held_until_ms", "eta_ms", "reason"]).values(
    assigned_start_ms=func.coalesce(SESSIONS.c.assigned_start_ms, bindparam("now_ms"))
)
SET_STATE = change(SESSIONS, ["state", "reason"])
END = change(SESSIONS, ["state", "reason", "energy_wh", "estimated", "held_until_ms", "eta_ms", "assigned_end_ms"])
SET_ESTIMATED = change(SESSIONS, ["estimated"])
SET_ENERGY = change(SESSIONS, ["energy_wh", "estimated"])
SET_MOVE_WANTED = change(SESSIONS, ["move_wanted"])
MOVED_AWAY = (
    SESSIONS.update()
    .where(SESSIONS.c.charger_id == bindparam("of_charger_id"), SESSIONS.c.move_wanted == true())
    .values(move_wanted=False)
)
SCORED = ["tier", *events.Fairness.model_fields]
SET_SCORE = change(SESSIONS, SCORED)
SET_SCORE_AT_CHARGER = change(SESSIONS, SCORED, key=("charger_id",)).where(
    SESSIONS.c.move_wanted == false(), one_of(SESSIONS.c.state, PLUGGED)
)
SET_TIER = change(SESSIONS, ["tier", "tier_until_ms"])
SET_EXPECTATION = change(SESSIONS, ["eta_ms", *SCORED])


@PROJECTION.on(events.SessionQueued)
def _queued(event: events.SessionQueued, happened: Happened) -> Iterable[Change]:
    row = {
        "id": event.session_id,
        "vehicle_id": event.vehicle_id,
        "site_id": event.site_id,
        "state": "queued",
        "tier": event.tier,
        "need_wh": event.need_wh,
        "queued_at_ms": happened.time_ms,
        "depart_ms": event.depart_ms,
        "walk_up": event.walk_up,
    }
    return [_added(row)]


@PROJECTION.on(events.SessionRefused)
def _refused(event: events.SessionRefused, happened: Happened) -> Iterable[Change]:
    row = {
        "id": event.session_id,
        "vehicle_id": event.vehicle_id,
        "site_id": happened.key,
        "state": "refused",
        "reason": event.reason,
        "walk_up": event.vehicle_id is None,
    }
    return [_added(row)]


@PROJECTION.on(events.SessionOffered)
def _offered(event: events.SessionOffered, _: Happened) -> Iterable[Change]:
    yield _of(
        OFFER,
        event.session_id,
        state="offered",
        charger_id=event.charger_id,
        held_until_ms=event.held_until_ms,
        eta_ms=None,
        reason=event.reason,
    )
    for standing in event.facts:
        if standing.session_id == event.session_id:
            yield _of(SET_SCORE, standing.session_id, **_score(standing))


@PROJECTION.on(events.SessionSnoozed)
def _snoozed(event: events.SessionSnoozed, _: Happened) -> Iterable[Change]:
    return [_of(REQUEUE, event.session_id, state="queued", charger_id=None, held_until_ms=None, reason="snoozed")]


@PROJECTION.on(events.SessionRequeued)
def _requeued(event: events.SessionRequeued, _: Happened) -> Iterable[Change]:
    return [_of(REQUEUE, event.session_id, state="queued", charger_id=None, held_until_ms=None, reason=event.reason)]


@PROJECTION.on(events.SessionAssigned)
def _assigned(event: events.SessionAssigned, happened: Happened) -> Iterable[Change]:
    assigned = {
        "state": "assigned",
        "charger_id": event.charger_id,
        "held_until_ms": event.plug_in_until_ms,
        "assigned_start_ms": happened.time_ms,
    }
    return [_of(ASSIGN, event.session_id, **assigned)]


@PROJECTION.on(events.SessionCharging)
def _charging(event: events.SessionCharging, happened: Happened) -> Iterable[Change]:
    charging = {
        "state": "charging",
        "charger_id": event.charger_id,
        "held_until_ms": None,
        "eta_ms": None,
        "reason": None,
        "now_ms": happened.time_ms,
    }
    return [_of(CHARGE, event.session_id, **charging)]


@PROJECTION.on(events.SessionPaused)
def _paused(event: events.SessionPaused, _: Happened) -> Iterable[Change]:
    return [_of(SET_STATE, event.session_id, state="paused", reason=event.reason)]


@PROJECTION.on(events.SessionInterrupted)
def _interrupted(event: events.SessionInterrupted, _: Happened) -> Iterable[Change]:
    return [_of(SET_STATE, event.session_id, state="paused", reason=event.reason)]


@PROJECTION.on(events.ResumeFailed, events.ResumeWithheld)
def _not_resumed(event: events.ResumeFailed | events.ResumeWithheld, _: Happened) -> Iterable[Change]:
    reason = f"{event.reason}: present your card at {event.charger_id}"
    return [_of(SET_STATE, event.session_id, state="paused", reason=reason)]


@PROJECTION.on(events.SessionEnergyCorrected)
def _corrected(event: events.SessionEnergyCorrected, _: Happened) -> Iterable[Change]:
    if event.open:
        return []
    return [_of(SET_ENERGY, event.session_id, energy_wh=event.energy_wh, estimated=event.estimated)]


@PROJECTION.on(events.SessionResumed)
def _resumed(event: events.SessionResumed, _: Happened) -> Iterable[Change]:
    return [_of(SET_STATE, event.session_id, state="charging", reason=None)]


@PROJECTION.on(events.SessionEnded)
def _ended(event: events.SessionEnded, happened: Happened) -> Iterable[Change]:
    ended = {
        "state": event.state,
        "reason": event.reason,
        "energy_wh": event.energy_wh,
        "estimated": event.estimated,
        "held_until_ms": None,
        "eta_ms": None,
        "assigned_end_ms": happened.time_ms,
    }
    return [_of(END, event.session_id, **ended)]


@PROJECTION.on(events.SessionEnergyEstimated)
def _estimated(event: events.SessionEnergyEstimated, _: Happened) -> Iterable[Change]:
    return [_of(SET_ESTIMATED, event.session_id, estimated=event.estimated)]


@PROJECTION.on(events.SessionTierChanged)
def _tier_changed(event: events.SessionTierChanged, _: Happened) -> Iterable[Change]:
    return [_of(SET_TIER, event.session_id, tier=event.tier, tier_until_ms=event.until_ms)]


@PROJECTION.on(events.ChargerOccupied)
def _occupied(event: events.ChargerOccupied, _: Happened) -> Iterable[Change]:
    return [_of(SET_MOVE_WANTED, event.session_id, move_wanted=event.wanted)]


@PROJECTION.on(events.ChargerReleased)
def _released(event: events.ChargerReleased, _: Happened) -> Iterable[Change]:
    return [(MOVED_AWAY, {"of_charger_id": event.charger_id})]


@PROJECTION.on(events.ScheduleChanged)
def _scheduled(event: events.ScheduleChanged, _: Happened) -> Iterable[Change]:
    for one in event.claimants:
        yield SET_SCORE_AT_CHARGER, {"of_charger_id": one.charger_id, "tier": one.tier, **one.fairness.__dict__}


@PROJECTION.on(events.EtaChanged)
def _expected(event: events.EtaChanged, _: Happened) -> Iterable[Change]:
    for one in event.sessions:
        yield _of(SET_EXPECTATION, one.session_id, eta_ms=one.turn_at_ms, **_score(one))


def _score(standing: events.Standing) -> Row:
    return {"tier": standing.tier, **standing.fairness.__dict__}


def _added(row: Row) -> Change:
    known = dict.fromkeys((column.name for column in SESSIONS.columns), None)
    return ADD, {**known, "estimated": False, "move_wanted": False, **row}


def _of(statement: Any, session_id: str, **values: Any) -> Change:
    return statement, {"of_id": session_id, **values}


def _order(sessions: FromClause) -> list[ColumnElement[Any]]:
    """The order of the queue, as in `domain.site.queue`. A session without a score comes last."""
    return [
        sessions.c.tier,
        -func.coalesce(sessions.c.score_ppm, -1),
        sessions.c.queued_at_ms,
        sessions.c.id,
    ]


QUEUE = SESSIONS.alias("queue")
UP_TO_HERE = (
    select(func.count())
    .where(
        QUEUE.c.site_id == SESSIONS.c.site_id,
        QUEUE.c.state == "queued",
        tuple_(*_order(QUEUE)) <= tuple_(*_order(SESSIONS)),
    )
    .scalar_subquery()
)
PLACE = case((SESSIONS.c.state == "queued", UP_TO_HERE), (one_of(SESSIONS.c.state, HELD), 0))
ONE = (
    select(SESSIONS, SESSION_REQUESTS.c.target_permille, PLACE.label("place"))
    .outerjoin(SESSION_REQUESTS, SESSION_REQUESTS.c.session_id == SESSIONS.c.id)
    .where(SESSIONS.c.id == bindparam("id"))
)
REQUEST = select(SESSION_REQUESTS).where(SESSION_REQUESTS.c.session_id == bindparam("id"))
WAITING = (
    select(*SESSIONS.c["id", "vehicle_id", "state", "charger_id", "held_until_ms", "eta_ms", *SCORED])
    .where(SESSIONS.c.site_id == bindparam("site_id"), one_of(SESSIONS.c.state, NOT_PLUGGED))
    .order_by((SESSIONS.c.state == "queued"), *_order(SESSIONS))  # those with a reserved charger come first
)


PRESENT = (
    select(SESSIONS.c.site_id, SESSIONS.c.state, func.count())
    .where(one_of(SESSIONS.c.state, (*NOT_PLUGGED, *PLUGGED)))
    .group_by(SESSIONS.c.site_id, SESSIONS.c.state)
)


def present(connection: Connection) -> list[tuple[str, str, int]]:
    """The number of sessions in each state of waiting or being plugged in: (site, state, number)."""
    return [(row[0], row[1], row[2]) for row in connection.execute(PRESENT)]


def waiting(connection: Connection, site_id: str) -> list[Row]:
    """The sessions that wait, in the order of the queue. `place` 1 is next; 0: a charger is reserved."""
    places = count(1)
    return [
        {**row, "place": next(places) if row["state"] == "queued" else 0}
        for row in rows(connection, WAITING, site_id=site_id)
    ]


def find(connection: Connection, session_id: str) -> Row | None:
    """A session with its `place`, or None. Its state is `requested` until its site has decided."""
    return first(connection, ONE, id=session_id) or _only_requested(connection, session_id)


def _only_requested(connection: Connection, session_id: str) -> Row | None:
    request = first(connection, REQUEST, id=session_id)
    if request is None:
        return None
    known = {name: request[name] for name in ("tier", "target_permille", "depart_ms", "reason")}
    return {
        **requested(session_id, request["vehicle_id"], request["site_id"]),
        **known,
        "state": request["outcome"] or "requested",
    }


def requested(session_id: str, vehicle_id: str | None, site_id: str | None) -> dict[str, Any]:
    """A requested session of which nothing else is known yet."""
    unknown = dict.fromkeys((*(column.name for column in SESSIONS.columns), "target_permille", "place"), None)
    known = {"id": session_id, "vehicle_id": vehicle_id, "site_id": site_id, "state": "requested"}
    return {**unknown, **known, "walk_up": False, "estimated": False, "move_wanted": False}
