"""A yard: a site's rules (`load` and `sites`, with the messages between them) with model chargers, cars and drivers.

Steps walk it through faults. The truth of the model is held against what the rules believe.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from domain.load_control.counting import counted_ma
from domain.load_control.ledger import Ask
from domain.load_control.parameters import tolerance_ma
from domain.records import Payload, load, observations, registry, sites, vehicles
from domain.records.observations import source_of
from domain.records.words import ENDED_WITHOUT_STOP
from processors.load import Load
from processors.sites import Sites
from tests.stories.story import Story
from tests.walks import gateway
from tests.walks.charger import MAX_MA, MIN_MA, VOLTAGE_V, Connector, Lease, ModelCharger, Run

SITE = "s"
LOAD, SITES = f"load:{SITE}", f"sites:{SITE}"
STRIDE_S = 10
METER_EVERY_S = 60
CARS = ("v0", "v1", "v2", "v3")
NEEDS_WH = {"v0": 60_000, "v1": 60_000, "v2": 600, "v3": None}
CONNECTORS = {"a": 1, "b": 2}
OUTLETS = ("a", "b:1", "b:2")
OF_THE_PAST = {"stop_lost", "limit_refused"}
"""Alarms of what is over: they are no reason why an outlet can't be used."""


class Yard(Story):
    """One charger with one connector and one with two, at a site with room for all of them."""

    def __init__(self, ids: str = "walk") -> None:
        super().__init__(Sites(), Load(), ids=ids)
        self.chargers = {
            one: ModelCharger(one, [Connector(one if count == 1 else f"{one}:{n}", n) for n in range(1, count + 1)])
            for one, count in CONNECTORS.items()
        }
        self.gateways = {one: gateway.Gateway(one, count, lambda: self.now_ms) for one, count in CONNECTORS.items()}
        for number, connector in enumerate(one for each in self.chargers.values() for one in each.connectors):
            connector.register_wh = 5_000.0 + 900_000 * number
        self.connectors = {each.outlet: each for one in self.chargers.values() for each in one.connectors}
        self.runs: list[Run] = []
        self.by_id: dict[int, Run] = {}
        self.late: list[tuple[int, Callable[[], object]]] = []
        self.seen = 0
        self.served: dict[str, list[int]] = {}
        """The transactions of each session."""
        self.outlet_of: dict[str, str] = {}
        self.ended: dict[int, load.TransactionStopped] = {}
        self.corrected: set[int] = set()
        self.energy_wh: dict[int, int] = {}
        """What the rules believe that each transaction that is over received."""
        self.cause = ""
        """The outlet that the present frame is about."""
        self.blocked: set[str] = set()
        """The cars whose cards are blocked."""

    # The rules' side

    @property
    def ledger(self):
        return self.whole(LOAD).state

    @property
    def site(self):
        return self.whole(SITES).state

    def counted(self, outlet: str) -> int:
        meters = self.whole(LOAD).observations
        return counted_ma(self.ledger.chargers[outlet], meters.of.get(outlet), self.now_ms)

    def alarms(self, outlet: str) -> list[str]:
        return [code for code, named in self.ledger.alarms if named == outlet]

    def report(self, charger: ModelCharger, payload: Payload, outlet: str = "") -> list[Payload]:
        self.cause = outlet
        events = self.when(payload, stream=LOAD, source=source_of(charger.connection_id))
        self._follow()
        self.cause = ""
        return events

    def receive(self, charger: ModelCharger, action: str, frame: gateway.Frame, outlet: str) -> None:
        for reported in self.gateways[charger.id].receive(action, frame):
            self.report(charger, reported, outlet)

    # Time

    def pass_time(self, seconds: int) -> None:
        end_ms = self.now_ms + seconds * 1000
        while self.now_ms < end_ms:
            until_ms = min(end_ms, (self.now_ms // 1000 // STRIDE_S + 1) * STRIDE_S * 1000)
            hours = (until_ms - self.now_ms) / 3_600_000
            for connector in self.connectors.values():
                connector.register_wh += connector.drawn_ma / 1000 * VOLTAGE_V * hours
            self.run_until(until_ms)
            self.settle()

    def settle(self) -> None:
        """All that happens at this moment, until nothing more does."""
        self._follow()
        for due in [one for one in self.late if one[0] <= self.now_ms]:
            self.late.remove(due)
            due[1]()
        for charger in self.chargers.values():
            self._flush(charger)
            self._accept_limits(charger)
        for charger in self.chargers.values():
            for connector in charger.connectors:
                connector.draw(self.now_ms, powered=charger.powered)
                self._report_status(charger, connector)
                if connector.run is not None and self.now_ms // 1000 % METER_EVERY_S < STRIDE_S:
                    self.meter(charger, connector)
        self.check_counted()

    # The chargers' side

    def _follow(self) -> None:
        """What chargers do about commands, and what the model must know of events."""
        while self.seen < len(self.recorded):
            event = self.recorded[self.seen].data
            self.seen += 1
            self._note(event)
            match event:
                case load.CommandRequested():
                    self._obey(event)
                case load.TransactionPermitted():
                    self._permitted(event)
                case sites.StartDenied() | load.TransactionRefused():
                    for connector in self.connectors.values():
                        if connector.card == event.request_id:
                            connector.card = ""

    def _obey(self, command: load.CommandRequested) -> None:
        connector = self.connectors[command.charger_id]
        charger = self.chargers[command.charger_id.partition(":")[0]]
        if not charger.online:
            return
        if command.action == "trigger":
            asked = command.arguments["requested_message"]
            if asked == "StatusNotification":
                self.later(0, lambda: self.send_status(charger, connector))
            else:
                self.later(0, lambda: self.meter(charger, connector))
        elif command.action == "remote_start" and charger.starts_remotely:
            self.later(5, lambda: self.start_remotely(charger, connector, command.arguments["token_ref"]))
        elif command.action == "remote_stop" and _is_named(connector.run, command.arguments["transaction_id"]):
            self.stop(charger, connector, "remote")

    def later(self, seconds: int, action: Callable[[], object]) -> None:
        self.late.append((self.now_ms + seconds * 1000, action))

    def _permitted(self, permit: load.TransactionPermitted) -> None:
        for connector in self.connectors.values():
            if connector.card != permit.request_id:
                continue
            connector.card = ""
            charger = self.charger_of(connector)
            if connector.run is None and connector.car is not None and permit.expires_ms > self.now_ms:
                self.start(charger, connector)
            elif connector.run is not None:
                self.stop(charger, connector, "local")

    def charger_of(self, connector: Connector) -> ModelCharger:
        return self.chargers[connector.outlet.partition(":")[0]]

    def start(self, charger: ModelCharger, connector: Connector, card_of: str = "") -> None:
        """`card_of`: the car whose card starts it, where that is another than the one that is plugged in."""
        assert connector.run is None
        assert connector.car is not None
        card_of = card_of or connector.car
        report = observations.TransactionStart(
            charger_id=charger.id,
            evse_id=connector.number,
            token_ref=f"card-{card_of}",
            vehicle_id=card_of,
            meter_start_wh=int(connector.register_wh),
            charger_time_ms=self.now_ms,
            card=self.card(card_of),
        )
        connector.run = Run(connector.outlet, connector.car, report)
        connector.is_finishing, connector.lease = False, None
        self.runs.append(connector.run)
        charger.outbox.append((True, connector.run))

    def start_remotely(self, charger: ModelCharger, connector: Connector, token_ref: str) -> None:
        """It starts with whichever car is plugged in there; the gateway sends no card that is blocked."""
        card_of = token_ref.removeprefix("card-")
        if charger.powered and connector.car is not None and connector.run is None and card_of not in self.blocked:
            self.start(charger, connector, card_of)

    def stop(self, charger: ModelCharger, connector: Connector, reason: str) -> None:
        charger.outbox.append((False, connector.end(reason, self.now_ms)))

    def _flush(self, charger: ModelCharger) -> None:
        while charger.outbox and charger.online and charger.blocked_until_ms <= self.now_ms:
            is_start, run = charger.outbox[0]
            if not (self._send_start(charger, run) if is_start else self._send_stop(charger, run)):
                return
            charger.outbox.popleft()

    def _send_start(self, charger: ModelCharger, run: Run) -> bool:
        """Whether it is done with."""
        mishap = charger.mishap("start")
        if mishap == "late":
            charger.blocked_until_ms = self.now_ms + 40_000
            return False
        if mishap == "lost":
            run.start_lost = True
            return True
        events = self.report(charger, run.start, run.outlet)
        if mishap == "unanswered":
            charger.blocked_until_ms = self.now_ms + 30_000
            return False
        if mishap == "twice":
            events = self.report(charger, run.start, run.outlet)
        started = [event for event in events if isinstance(event, load.TransactionStarted)]
        run.id = started[0].transaction_id if started else ""
        connector = self.connectors[run.outlet]
        if not (started and started[0].permitted) and connector.run is run:
            self.stop(charger, connector, "de_authorized")
        return True

    def _send_stop(self, charger: ModelCharger, run: Run) -> bool:
        mishap = charger.mishap("stop")
        if mishap == "lost":
            return True
        frame = gateway.stop_frame(run.id or "", run.end_wh or 0, run.end_ms, run.reason)
        form = mishap.removeprefix("late, ")
        if form in gateway.ODD_STOPS:
            frame = gateway.ODD_STOPS[form](frame)
            run.dated = run.dated and form not in gateway.UNDATED
        if mishap.startswith("late") or mishap == "again":
            self.later(90, lambda: self.receive(charger, "StopTransaction", frame, run.outlet))
        if mishap.startswith("late"):
            return True
        for _ in range(2 if mishap == "twice" else 1):
            self.receive(charger, "StopTransaction", frame, run.outlet)
        return True

    def _report_status(self, charger: ModelCharger, connector: Connector) -> None:
        if not charger.online or connector.reported == connector.status:
            return
        connector.reported = connector.status
        mishap = charger.mishap("status")
        if mishap == "late":
            stale = connector.status
            self.later(50, lambda: self.send_status(charger, connector, stale))
        elif mishap in gateway.ODD_STATUSES:
            self.send_status(charger, connector, form=mishap)
        elif mishap != "lost":
            for _ in range(2 if mishap == "twice" else 1):
                self.send_status(charger, connector)

    def send_status(self, charger: ModelCharger, connector: Connector, stale: str = "", form: str = "") -> None:
        if not charger.online:
            return
        status = stale or connector.status
        frame = gateway.status_frame(connector.number, status)
        if form:
            frame = gateway.ODD_STATUSES[form](frame)
        connector.left_unseen &= status != "available" or form in gateway.WORDLESS
        self.receive(charger, "StatusNotification", frame, connector.outlet)

    def meter(self, charger: ModelCharger, connector: Connector) -> None:
        if not charger.online:
            return
        reading = observations.Metered(
            charger_id=charger.id,
            evse_id=connector.number,
            transaction_id=(connector.run.id or None) if connector.run else None,
            charger_time_ms=self.now_ms,
            current_ma=(connector.drawn_ma, 0, 0),
            power_w=None,
            energy_wh=int(connector.register_wh),
            fresh=True,
        )
        self.report(charger, reading, connector.outlet)
        self.cause = connector.outlet
        self.when(reading, stream=SITES)
        self._follow()

    def _accept_limits(self, charger: ModelCharger) -> None:
        """What it was asked to keep is in force at once; what it does not know the transaction of, it refuses."""
        for connector in charger.connectors if charger.online else ():
            for _ in range(3):
                known = self.ledger.chargers[connector.outlet]
                wishes = [("failsafe", known.failsafe), *([("lease", known.lease)] if known.lease else [])]
                asked = [(purpose, one) for purpose, one in wishes if one.ask.is_due(self.now_ms + 45_000)]
                asked = [
                    (purpose, one) for purpose, one in asked if one.ask.failed_ms is None or one.ask.is_due(self.now_ms)
                ]
                if not asked or not known.connected or known.connection_id != charger.connection_id:
                    break
                for purpose, wish in asked:
                    self._answer(charger, connector, purpose, wish)

    def _answer(self, charger: ModelCharger, connector: Connector, purpose: str, wish) -> None:
        status = "accepted"
        if purpose == "failsafe":
            connector.failsafe_ma = wish.desired_ma
        elif connector.run is not None and connector.run.id == wish.transaction_id:
            connector.lease = Lease(wish.transaction_id, wish.limit_ma, wish.valid_until_ms)
        else:
            status = "rejected"
        answer = observations.ProfileAnswer(
            charger_id=connector.outlet, purpose=purpose, generation=wish.ask.generation, status=status
        )
        self.report(charger, answer, connector.outlet)

    # Line and power

    def connect(self, charger: ModelCharger) -> None:
        if not charger.powered or charger.connection_id:
            return
        charger.connection_id = f"{charger.id}-{next(self._ids)}"
        connected = observations.Connected(
            charger_id=charger.id, connection_id=charger.connection_id, subprotocol="ocpp1.6"
        )
        self.report(charger, connected)
        for connector in charger.connectors:
            connector.reported = ""

    def disconnect(self, charger: ModelCharger, notice_s: int = 0) -> None:
        if not charger.connection_id:
            return
        lost = observations.Disconnected(charger_id=charger.id, connection_id=charger.connection_id, reason="lost")
        charger.connection_id, charger.noticed = "", False

        def notice() -> None:
            self.report(charger, lost)
            charger.noticed = not charger.connection_id

        self.later(notice_s, notice)
        for connector in charger.connectors:
            connector.card = ""

    def power_off(self, charger: ModelCharger, memory: str) -> None:
        if not charger.powered:
            return
        self.disconnect(charger, 20)
        charger.powered, charger.memory = False, memory
        if memory == "forgets":
            charger.outbox.clear()
        for connector in charger.connectors:
            if connector.run is not None and memory != "resumes":
                run = connector.end("power_loss", self.now_ms)
                if memory == "stops":
                    charger.outbox.append((False, run))
            connector.is_finishing, connector.drawn_ma = connector.is_finishing and memory != "forgets", 0

    def power_on(self, charger: ModelCharger) -> None:
        if charger.powered:
            return
        charger.powered = True
        self.connect(charger)
        self.report(charger, observations.Booted(charger_id=charger.id, vendor="v", model="m", firmware="1"))

    # What drivers and operators do

    def ask(self, car: str) -> None:
        if self.site.session_of(car) is not None:
            return
        request = vehicles.SessionRequested(
            session_id=f"s-{car}-{self.now_ms}",
            vehicle_id=car,
            site_id=SITE,
            tier=2,
            target_permille=900,
            level_permille=200,
            need_wh=NEEDS_WH[car],
            depart_ms=self.now_ms + 8 * 3_600_000,
            max_ma=MAX_MA,
            phases=1,
        )
        self.when(request, stream=SITES)
        session = self.site.session_of(car)
        if session is not None and session.state == "offered":
            self.when(vehicles.AcceptRequested(session_id=session.id, site_id=SITE), stream=SITES)

    def plug_in(self, car: str, outlet: str) -> None:
        session = self.site.session_of(car)
        if session is not None and session.charger_id is not None:
            outlet = session.charger_id
        connector = self.connectors[outlet]
        if connector.car is None and all(one.car != car for one in self.connectors.values()):
            connector.car, connector.is_finishing = car, False

    def present_card(self, connector: Connector) -> None:
        charger = self.charger_of(connector)
        if connector.car is None or not charger.powered:
            return
        if charger.online:
            record_id = next(self._ids)
            connector.card = record_id
            asked = observations.Authorize(
                charger_id=charger.id,
                token_ref=f"card-{connector.car}",
                vehicle_id=connector.car,
                card=self.card(connector.car),
            )
            self.when(asked, stream=LOAD, record_id=record_id, source=source_of(charger.connection_id))
            self._follow()
        elif connector.run is not None:
            self.stop(charger, connector, "local")
        elif charger.noticed:
            self.start(charger, connector)

    def unplug(self, connector: Connector) -> None:
        charger = self.charger_of(connector)
        if connector.run is not None:
            self.stop(charger, connector, "ev_disconnected")
        connector.car, connector.is_finishing, connector.left_unseen = None, False, True

    def stop_if_paused(self, connector: Connector) -> None:
        """Some chargers end a transaction that gets no current."""
        if connector.run is not None and connector.limit_ma(self.now_ms) == 0:
            self.stop(self.charger_of(connector), connector, "other")

    def card(self, car: str) -> observations.CardState:
        return "blocked" if car in self.blocked else "valid"

    def block(self, car: str) -> None:
        self.blocked ^= {car}

    def set_remote_start(self, charger_id: str, works: bool) -> None:
        self.chargers[charger_id].starts_remotely = works

    def cap(self, limit_a: int) -> None:
        limit = load.SetGridLimit(
            cap_id="cap", limit_w=limit_a * VOLTAGE_V, starts_ms=None, ends_ms=None, reason_code="test"
        )
        self.when(limit, stream=LOAD)

    # The truth against the rules

    def _note(self, event: Payload) -> None:
        match event:
            case load.TransactionStarted():
                self._note_start(event)
            case load.TransactionStopped():
                assert event.transaction_id not in self.ended, f"{event} is recorded twice"
                self.ended[event.transaction_id] = event
                self.energy_wh[event.transaction_id] = event.energy_wh
                self._check_energy(event.transaction_id, event.energy_wh, event.estimated)
            case load.TransactionStopCorrected():
                assert event.transaction_id not in self.corrected, f"{event} corrects twice"
                self.corrected.add(event.transaction_id)
                self.energy_wh[event.transaction_id] = event.energy_wh
                self._check_energy(event.transaction_id, event.energy_wh, event.estimated)
            case sites.SessionCharging():
                self.served.setdefault(event.session_id, []).append(event.transaction_id)
                self.outlet_of[event.session_id] = event.charger_id
            case sites.SessionEnded():
                self._check_ended(event)
            case sites.SessionEnergyCorrected():
                self._check_total(event)
            case sites.SessionInterrupted() if not self._is_without_stop(event.session_id):
                self._check_cause(event.charger_id, event)
            case sites.SessionRequeued() if event.reason == "another car started there":
                self._check_cause(event.charger_id, event)
                run = self.connectors[event.charger_id].run
                assert run is None or run.car != event.session_id.split("-")[1], event

    def _is_without_stop(self, session_id: str) -> bool:
        """Whether its last transaction ended by time: then nobody's frame did it."""
        return self.ended[self.served[session_id][-1]].reason in ENDED_WITHOUT_STOP

    def _note_start(self, event: load.TransactionStarted) -> None:
        key = (event.evse_id, event.token_ref, event.meter_start_wh, event.charger_time_ms)
        run = next(
            one
            for one in self.runs
            if key == (one.start.evse_id, one.start.token_ref, one.start.meter_start_wh, one.start.charger_time_ms)
        )
        known = [transaction_id for transaction_id, one in self.by_id.items() if one is run]
        assert known in ([], [event.transaction_id]), f"{run} is recorded twice"
        self.by_id[event.transaction_id] = run

    def _check_energy(self, transaction_id: str, energy_wh: int, estimated: bool) -> None:
        run = self.by_id[transaction_id]
        truth_wh = run.energy_wh(int(self.connectors[run.outlet].register_wh))
        assert energy_wh <= truth_wh + 1 or not run.dated, f"{run}: {energy_wh} Wh of {truth_wh} Wh"
        assert estimated or energy_wh >= truth_wh - 1, f"{run}: {energy_wh} Wh of {truth_wh} Wh, not estimated"

    def _check_ended(self, event: sites.SessionEnded) -> None:
        if event.reason in ("unplugged", "remote", "fault", "stop_lost"):
            assert event.charger_id is not None
            if event.reason != "stop_lost":
                self._check_cause(event.charger_id, event)
            self._check_total(event)

    def _check_total(self, event: sites.SessionEnded | sites.SessionEnergyCorrected) -> None:
        """A session has received what its transactions have."""
        known_wh = sum(self.energy_wh.get(one, 0) for one in self.served.get(event.session_id, []))
        assert event.energy_wh == known_wh, f"{event}: its transactions had {known_wh} Wh"

    def _check_cause(self, outlet: str, event: Payload) -> None:
        assert self.cause in ("", outlet), f"{event} by a frame of {self.cause}"

    def check_counted(self) -> None:
        """The counted load is never below what is drawn, of what was reported as OCPP wants it."""
        for outlet, connector in self.connectors.items():
            if connector.run is None or connector.run.start_lost:
                continue
            counted = self.counted(outlet)
            assert connector.drawn_ma <= counted + tolerance_ma(counted), (
                f"{outlet} draws {connector.drawn_ma} mA and counts {counted} mA"
            )

    def check_sessions(self) -> None:
        """No session is open without its car, unless an alarm says so.

        Nothing shows that a car took another's place whose stop was lost, and its status between the two as well.
        """
        for session in self.site.sessions.values():
            if session.plugged():
                connector = self.connectors[session.charger_id]
                car = connector.car
                if car is not None and connector.left_unseen:
                    continue
                fits = car is not None and session.vehicle_id in (car, None)
                named = set(self.alarms(session.charger_id)) - OF_THE_PAST
                assert fits or named, f"{session} is open, and {car} is plugged in there"
                self._check_resumed(session)

    def _check_resumed(self, session) -> None:
        """An interrupted session has gone on by itself, where its charger starts it and no other card was presented."""
        charger = self.charger_of(self.connectors[session.charger_id])
        can_resume = charger.starts_remotely and session.vehicle_id not in self.blocked
        assert session.interruption is None or session.interruption.withheld or not can_resume, (
            f"{session} is still interrupted"
        )

    def check_next_cars(self) -> None:
        """A car that is plugged in and does not charge is served when its card is presented again and again.

        Not where the rules have reason to believe that another car is plugged in: its charger began anew, and no
        message said that the connector was Available.
        """
        for outlet, connector in self.connectors.items():
            session, charger = self.site.session_at(outlet), self.charger_of(connector)
            own = self.site.session_of(connector.car)
            is_elsewhere = own is not None and own.charger_id not in (None, outlet)
            is_held = session is not None and session is not own and not session.plugged()
            is_taken = is_held or (session is not None and session.interrupted and session is not own)
            if connector.car is None or connector.car in self.blocked or is_elsewhere or is_taken:
                continue
            for _ in range(4):
                if connector.run is not None or set(self.alarms(outlet)) - OF_THE_PAST:
                    break
                connector.card = ""
                self.present_card(connector)
                self.pass_time(60)
            named = set(self.alarms(outlet)) - OF_THE_PAST
            others_wait = any(one.state == "queued" for one in self.site.sessions.values())
            assert connector.run or named or others_wait, (
                f"{connector.car} is not served at {charger}: {self._why(outlet)}"
            )

    def check_usable(self) -> None:
        """Each outlet serves a new car, unless an alarm says why it does not."""
        for session in list(self.site.sessions.values()):
            if not session.plugged():
                self.when(vehicles.CancelRequested(session_id=session.id, site_id=SITE), stream=SITES)
        for outlet, connector in self.connectors.items():
            charger = self.charger_of(connector)
            if connector.car is not None:
                continue
            named = set(self.alarms(outlet)) - OF_THE_PAST
            connector.car = f"new-{outlet}"
            for one in charger.connectors:
                one.card = ""
            self.settle()
            self.present_card(connector)
            self.pass_time(60)
            run = connector.run
            assert run or named, f"{outlet} does not serve a new car: {self._why(outlet)}"
            session = self.site.session_at(outlet)
            assert named or (session and session.state == "charging"), f"{outlet} is used by {session}"

    def _why(self, outlet: str) -> object:
        last = [one for one in self.events if isinstance(one, sites.StartDenied | load.TransactionRefused)]
        return last[-1:], self.site.chargers[outlet], self.ledger.chargers[outlet]


def _is_named(run: Run | None, transaction_id: str) -> bool:
    return run is not None and run.id == transaction_id


def _is_asked(ask: Ask, now_ms: int) -> bool:
    """Whether the charger has a limit to answer: a new one, or one that it refused and is asked again."""
    return ask.is_due(now_ms) if ask.failed_ms is not None else ask.due_ms() is not None


@cache
def _ready() -> Yard:
    """The yard on a quiet morning: every outlet was proven to obey on a test load."""
    yard = Yard("morning")
    root = registry.NodeSpec(id="root", parent=None, kind="site", limit_w=120 * VOLTAGE_V)
    described = registry.SiteRegistered(site_id=SITE, location_zone="z", firm_w=6 * VOLTAGE_V, nodes=(root,))
    for stream in (SITES, LOAD):
        yard.when(described, stream=stream)
    for charger_id, count in CONNECTORS.items():
        connectors = tuple(
            registry.ConnectorSpec(connector_id=number, node="root", phases=(0,), max_ma=MAX_MA, min_ma=MIN_MA)
            for number in range(1, count + 1)
        )
        charger = registry.ChargerRegistered(
            charger_id=charger_id,
            site_id=SITE,
            node="root",
            phases=(0,),
            max_ma=MAX_MA,
            min_ma=MIN_MA,
            voltage_mv=VOLTAGE_V * 1000,
            connectors=connectors if count > 1 else (),
        )
        for stream in (SITES, LOAD):
            yard.when(charger, stream=stream)
        model = yard.chargers[charger_id]
        yard.connect(model)
        yard.report(model, observations.Booted(charger_id=charger_id, vendor="v", model="m", firmware="1"))
    yard.settle()
    for outlet in OUTLETS:
        _prove(yard, outlet)
    yard.pass_time(120)
    return yard


def _prove(yard: Yard, outlet: str) -> None:
    commission = load.CommissionCharger(charger_id=outlet, test_load_ma=10_000, expires_ms=yard.now_ms + 600_000)
    yard.when(commission, stream=LOAD)
    connector = yard.connectors[outlet]
    connector.car = "test"
    yard.settle()
    yard.present_card(connector)
    for _ in range(60):
        if yard.ledger.chargers[outlet].verified:
            break
        yard.pass_time(10)
        yard.meter(yard.charger_of(connector), connector)
    assert yard.ledger.chargers[outlet].verified
    yard.unplug(connector)
    yard.settle()


def ready() -> Yard:
    """A yard of one's own, where nothing has happened since it was proven."""
    before, yard = _ready(), Yard()
    yard.states, yard.now_ms = dict(before.states), before.now_ms
    for outlet, connector in yard.connectors.items():
        then = before.connectors[outlet]
        connector.failsafe_ma, connector.register_wh = then.failsafe_ma, then.register_wh
        connector.reported = then.reported
    for charger_id, charger in yard.chargers.items():
        charger.connection_id = before.chargers[charger_id].connection_id
    return yard
