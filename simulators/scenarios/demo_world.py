"""A real day at a garage against a running server: `python -m simulators.scenarios.demo_world --help`.

Sets the site up through REST, connects and commissions its chargers, plays the visits of the day, requests a lower cap
at noon, and measures what physically happens.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import orjson
import uvloop

from simulators.charger.charge_point import ChargePoint
from simulators.charger.dial import CouldNotConnect
from simulators.charger.link import CallFailed
from simulators.people.board import Board
from simulators.people.commissioning import NotProven, commission
from simulators.people.day import Visit, local_ms, visits
from simulators.people.drivers import Driver, Hub, Member, WalkUp
from simulators.people.enterprises import PLANS, claim_a_mission, enlist, waits_ms
from simulators.people.lives import Life
from simulators.people.people import register_car, register_user
from simulators.scenarios.bound import BoundPanel, BoundSession, LimitStep, offline_bound_kwh
from simulators.scenarios.demo_options import Options, parse
from simulators.server.control import Control, ControlFailed
from simulators.server.ledger import Ledger
from simulators.server.patience import patiently
from simulators.server.rest import Api, Credentials, Key, Refused, Unreachable
from simulators.time.virtual_time import Repeater, VirtualTime, parse_ms, rfc3339
from simulators.world.site import CHARGER_A, VOLTAGE_V, Site
from simulators.world.sites import OUTLETS_A_PANEL, garage
from simulators.world.truth import Cap
from simulators.world.world import NotSettled, World

SAMPLE_S = 30
OUTAGE_S = (20, 900)
"""Length of an outage: from a hiccup to longer than a lease."""
SETS_UP_BEFORE_MS = 2 * 3_600_000
NOON, CAP_ENDS = 12, 16
"""Hours of the local day."""
FALSE_CLAIM_MS = 30 * 60_000
"""After noon."""
AUDIT_FIELDS = ("created_at", "decision", "basis", "tier", "soc", "location_zone", "reason")
FAILURES = (
    CallFailed, ControlFailed, CouldNotConnect, NotProven, NotSettled, OSError, Refused, Unreachable, ValueError,
)  # fmt: skip
"""Failures that end a day early."""


class DemoWorld:
    """The whole of it, from an empty server to the last car's departure."""

    def __init__(
        self, options: Options, time: VirtualTime, world: World, api: Api, site: Site, day: list[Visit]
    ) -> None:
        self._options = options
        self._time = time
        self._world = world
        self._api = api
        self._site = site
        self._board = Board(time, api, site.id)
        self._visits = _over_at_the_hour(options, day)
        self._units = [
            (plan, visit) for plan in PLANS for visit in _over_at_the_hour(options, [plan.visit(options.day)])
        ]
        self._drivers: list[Driver] = []
        self._walk_ups: list[Driver] = []
        self._clients: list[Api] = []
        self._audit: list[dict[str, Any]] = []
        self._stage = "setting up"
        self._cap: Cap | None = None
        self._cap_guaranteed: bool | None = None
        self._series: list[dict[str, Any]] = []

    async def play(self) -> None:
        """The scenario. Raises `Refused`, `Unreachable`, `CouldNotConnect`, `CallFailed`, `NotProven`."""
        time, options = self._time, self._options
        Repeater(time, self._print_progress).every(options.progress)
        for credentials in await self._site.register(self._api):
            point = self._site.point(time, options.ocpp, credentials, options.seed)
            self._world.points.append(point)
            point.link.on_result = partial(self._api.ledger.message, point.charger_id)
            await patiently(point.lifecycle.power_up, CouldNotConnect, options.patience)
        self._stage = "commissioning"
        for outlet in self._world.outlets():
            await commission(time, self._api, self._site.id, outlet)
        self._stage = "day"
        await self._day()

    async def _day(self) -> None:
        time, options = self._time, self._options
        outlets = {outlet.id: outlet for outlet in self._world.outlets()}
        hub = Hub(time, self._api, self._board, self._site.id, outlets)
        for number, visit in enumerate(self._visits, start=1):
            self._drivers.append(await self._member(hub, number, visit))
        for plan, visit in self._units:
            self._drivers.append(await enlist(hub, plan, visit, options.seed, self._user, self._cloud))
        random = Random(f"{options.seed}:walk-ups")
        self._walk_ups = [
            WalkUp(hub, _stranger(random.choice(self._visits), number), f"stranger-{number}", random)
            for number in range(1, options.walk_ups + 1)
        ]
        Repeater(time, self._sample).every(SAMPLE_S)
        lives = [time.spawn(driver.live()) for driver in [*self._drivers, *self._walk_ups]]
        lives += [time.spawn(self._noon()), time.spawn(self._false_claim())]
        for point in self._world.points:
            time.spawn(self._outages(point))
        for life in lives:
            await time.park(life)
        self._audit = (await self._api.get("/priority-audit?limit=1000"))["decisions"]

    async def _outages(self, point: ChargePoint) -> None:
        """Cut the charger's line now and then, until the last car has left."""
        random = Random(f"{self._options.seed}:outages:{point.charger_id}")
        last_ms = max(visit.departure_ms for visit in self._visits)
        moments = sorted(random.randint(self._time.now_ms, last_ms) for _ in range(self._options.outages))
        for moment_ms in moments:
            await self._time.sleep_until(moment_ms)
            point.lifecycle.outage(random.uniform(*OUTAGE_S))

    async def _member(self, hub: Hub, number: int, visit: Visit) -> Member:
        token = f"{self._options.day:%m%d}-{number:03}"
        api = await self._user(f"driver-{number}@example.org", "driver", None)
        vehicle_id = await register_car(api, number, visit, token)
        return Member(hub, visit, token, Random(f"{self._options.seed}:{visit.id}"), vehicle_id, api)

    async def _user(self, email: str, role: str, enterprise_id: str | None) -> Api:
        """Add a user; a client with their credentials."""
        credentials = await register_user(self._api, email, role, enterprise_id)
        return self._client(credentials, email)

    def _cloud(self, key: Key) -> Api:
        return self._client(key, f"cloud {len(self._clients)}")

    def _client(self, credentials: Credentials | Key, name: str) -> Api:
        options = self._options
        seed = f"{options.seed}:{name}"
        api = Api(options.server, credentials, self._api.ledger, seed=seed, patience_s=options.patience)
        self._clients.append(api)
        return api

    async def close(self) -> None:
        for api in self._clients:
            await api.close()

    async def _noon(self) -> None:
        """The utility requests a lower cap."""
        time, options = self._time, self._options
        await time.sleep_until(local_ms(options.day, NOON))
        sent_ms, ends_ms = time.now_ms, local_ms(options.day, CAP_ENDS)
        answer = await self._api.post(
            f"/sites/{self._site.id}/grid-limit",
            {"limit_kw": options.noon_limit_kw, "ends_at": rfc3339(ends_ms), "reason": "utility"},
        )
        if answer["holds_from"] is None:
            raise ValueError(f"the server did not decide on the cap of {options.noon_limit_kw:g} kW: {answer}")
        self._cap = Cap(options.noon_limit_kw, sent_ms, parse_ms(answer["holds_from"]), ends_ms)
        self._cap_guaranteed = answer["guaranteed"]
        self._world.truth.announce(self._cap)

    async def _false_claim(self) -> None:
        """A driver at the garage claims a mission."""
        await self._time.sleep_until(local_ms(self._options.day, NOON) + FALSE_CLAIM_MS)
        here = [one for one in self._drivers if one.life.phase in ("waiting", "plugged") and one.life.unit is None]
        for driver in here[:1]:
            assert isinstance(driver, Member)
            await claim_a_mission(driver)

    # Measurements

    def _now(self) -> dict[str, Any]:
        truth = self._world.truth
        return {
            "time": self._time.now_text,
            "cap_kw": truth.cap_kw(self._time.now_ms),
            "charging": sum(outlet.status == "Charging" for outlet in self._world.outlets()),
            "waiting": sum(driver.life.phase == "waiting" for driver in self._drivers),
        }

    def _sample(self) -> None:
        """A point of the time series; `load_kw` is the highest since the point before."""
        self._series.append({**self._now(), "load_kw": round(self._world.truth.take_window_kw(), 3)})

    def _print_progress(self) -> None:
        done = sum(driver.life.phase == "gone" for driver in self._drivers)
        progress = {
            "stage": self._stage,
            **self._now(),
            "load_kw": round(self._world.truth.load_kw, 3),
            "sessions_done": done,
        }
        sys.stdout.write(orjson.dumps(progress).decode() + "\n")
        sys.stdout.flush()

    def measured(self) -> dict[str, Any]:
        """The measurements of the day."""
        truth, lives = self._world.truth, [driver.life for driver in self._drivers]
        delivered_kwh = sum(life.energy_kwh for life in lives)
        bound_kwh = self._bound_kwh()
        return {
            "day": self._options.day.isoformat(),
            "seed": self._options.seed,
            "garages": self._options.garages,
            "limit_kw": self._options.limit_kw,
            "noon_limit_kw": self._options.noon_limit_kw,
            "overload_s": truth.overload_s,
            "cap_lag_s_max": truth.cap_lag_s_max,
            "cap_held_from": None if self._cap is None else rfc3339(self._cap.holds_from_ms),
            "cap_guaranteed": self._cap_guaranteed,
            "peak_kw": round(truth.peak_kw, 3),
            "sessions": len(lives),
            "queued_max": self._board.queued_max,
            "offers": sum(life.offers for life in lives),
            "paused": sum(life.paused_after_start for life in lives),
            **self._priority(lives),
            "requested_kwh": round(sum(life.requested_kwh for life in lives), 3),
            "delivered_kwh": round(delivered_kwh, 3),
            "offline_bound_kwh": round(bound_kwh, 3),
            "energy_pct_of_bound": round(100 * delivered_kwh / bound_kwh, 2) if bound_kwh else None,
            "nodes": [
                {
                    "id": node.id,
                    "parent": node.parent,
                    "limit_kw": node.limit_kw,
                    "limit_a": node.limit_a,
                    "overload_s": truth.node_overload_s[node.id],
                }
                for node in self._site.nodes
            ],
            "ocpp_errors": [error for point in self._world.points for error in point.link.errors],
            "steps": self._world.steps,
            "not_waited_for": self._time.overdue,
            "series": self._series,
            "session_lives": [life.to_json() for life in lives],
            "walk_up_lives": [driver.life.to_json() for driver in self._walk_ups],
            "priority_audit": [{name: entry[name] for name in AUDIT_FIELDS} for entry in self._audit],
            "ledger": self._api.ledger.to_json(),
        }

    def _priority(self, lives: list[Life]) -> dict[str, Any]:
        """How long units waited from plug-in to power, and what was decided about priority."""
        decided = Counter(entry["decision"] for entry in self._audit)
        denied = [entry["reason"] for entry in self._audit if entry["decision"] == "denied"]
        p0_ms, p1_ms = waits_ms(lives, "ambulance"), waits_ms(lives, "van")
        return {
            "p0_wait_s_max": max(p0_ms) / 1000 if p0_ms else None,
            "p1_wait_s_max": max(p1_ms) / 1000 if p1_ms else None,
            "grants": decided["granted"],
            "denials": decided["denied"],
            "denied_because": denied[0] if denied else None,
        }

    def _bound_kwh(self) -> float:
        steps = [LimitStep(0, self._options.limit_kw)]
        if self._cap is not None and self._cap.ends_ms is not None:
            capped_kw = min(self._cap.limit_kw, self._options.limit_kw)
            steps.append(LimitStep(self._cap.holds_from_ms / 1000, capped_kw))
            steps.append(LimitStep(self._cap.ends_ms / 1000, self._options.limit_kw))
        kw = VOLTAGE_V / 1000
        panels = [
            BoundPanel(OUTLETS_A_PANEL, CHARGER_A * kw, node.limit_a[0] * kw)
            for node in self._site.nodes
            if node.limit_a is not None
        ]
        sessions = [
            BoundSession(visit.arrival_ms / 1000, visit.departure_ms / 1000, visit.need_kwh, visit.max_current_a * kw)
            for visit in [*self._visits, *(visit for _, visit in self._units)]
        ]
        return offline_bound_kwh(sessions, panels, steps)


def _over_at_the_hour(options: Options, known: list[Visit]) -> list[Visit]:
    """Visits of a day that is over at some hour: everybody has left by then."""
    if options.until is None:
        return known
    over_ms = local_ms(options.day, options.until)
    return [
        replace(visit, departure_ms=min(visit.departure_ms, over_ms)) for visit in known if visit.arrival_ms < over_ms
    ]


def _stranger(like: Visit, number: int) -> Visit:
    """A stranger's visit at about the time of a known one."""
    return Visit(
        f"walk-up-{number}",
        like.arrival_ms + 60_000 * number,
        max(like.departure_ms, like.arrival_ms + 60_000 * (number + 30)),
        like.battery_kwh,
        like.level_permille,
        like.target_permille,
        like.reaction_s,
    )


async def run(options: Options) -> dict[str, Any]:
    """Play the day; the measurements. Raises what `FAILURES` names."""
    day = visits(options.day, options.seed, options.garages)
    if not day:
        raise ValueError(f"--day: no sessions are known of {options.day}")
    start_ms = day[0].arrival_ms - SETS_UP_BEFORE_MS
    time = VirtualTime(start_ms - start_ms % 60_000)
    site = garage(options.site, options.limit_kw, options.firm_kw, options.garages, options.chargers)
    host, _, port = options.control.rpartition(":")
    control = await Control.connect(host, int(port), options.patience)
    await control.advance(time.now_ms, {})
    credentials = Credentials.read(options.credentials)
    api = Api(options.server, credentials, Ledger(), seed=str(options.seed), patience_s=options.patience)
    world = World(time, control, site.truth(), options.speed)
    demo = DemoWorld(options, time, world, api, site, day)
    try:
        await world.run(demo.play())
        return demo.measured()
    finally:
        await asyncio.gather(*(point.lifecycle.close() for point in world.points))
        await time.close()
        await demo.close()
        await api.close()
        await control.close()


def main() -> int:
    options = parse()
    try:
        measured = uvloop.run(run(options))
    except FAILURES as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    text = orjson.dumps(measured, option=orjson.OPT_INDENT_2).decode()
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
