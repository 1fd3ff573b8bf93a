"""The platform: the rules of the safety kernel, and the gateway's own handlers and reconciliation, in virtual time.

Both may crash. What was persisted is handled when the kernel is back; a gateway forgets what it knew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ocpp.exceptions import OCPPError

from adapters.ocpp import Settings
from adapters.ocpp.charger_state import ChargerState
from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.context import GatewayContext
from adapters.ocpp.frames import Call, CallResult
from adapters.ocpp.jobs import OFFLINE, TIMEOUT, Job
from adapters.ocpp.recorder import Recorder
from adapters.ocpp.v16 import commands
from adapters.ocpp.v16.dialect import Ocpp16
from adapters.ocpp.v16.reconcile_outlets import OutletsReconciler
from commands.log import topics
from commands.log.codec import decode
from commands.ports.directory import Card, ChargerIdentity
from commands.ports.log import Output
from commands.ports.tracing import UNTRACED
from domain.electrical.outlet_id import charger_of
from domain.load_control.desired import Desired
from domain.load_control.meters import Meters
from domain.records import Payload, Record, load, observations, sites
from tests.stories.kernel import LOAD, STREAM, Kernel

if TYPE_CHECKING:
    from tests.model.site import ModelSite

SITE = "s"
DIALECT = Ocpp16()


def run_now(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


class Platform:
    """`kernel_down`: inputs wait on the log, and timers for it to come back."""

    def __init__(self, site: ModelSite) -> None:
        self.site = site
        self.kernel = Kernel()
        self.kernel_down = False
        self.waiting: list[Record] = []
        self.states: dict[str, ChargerState] = {}
        self.desired: dict[str, Desired] = {}
        self.sessions: dict[str, Session] = {}
        self.seen = 0
        self.permitted: dict[str, Callable[[], object]] = {}
        """What happens when a request is permitted."""
        self.decided: dict[str, list[Record]] = {}
        log: Any = self
        clock: Any = self
        self.context = GatewayContext(clock, log, log, Recorder(log, clock), Settings(), UNTRACED)

    # The ports of the gateway

    def now_ms(self) -> int:
        return self.site.now_ms

    async def card(self, token: str, now_ms: int) -> Card:
        return Card(f"ref-{token}", "v")

    async def presented(self, token: str, now_ms: int) -> None:
        """Nobody asks for it."""

    async def wait(self, correlation_id: str, types: frozenset[str], timeout_s: float) -> Record | None:
        return next((one for one in self.decided.get(correlation_id, ()) if one.type in types), None)

    async def append_all(self, outputs: Sequence[Output]) -> None:
        for topic, entry in outputs:
            if topic == topics.inputs("load"):
                self.give(decode(entry.body))

    # The kernel

    def give(self, given: Record) -> None:
        if self.kernel_down:
            self.waiting.append(given)
        else:
            self.kernel.now_ms = self.site.now_ms
            self.kernel.step(given)
            self.follow()

    def input(self, payload: Payload) -> list[Payload]:
        """What does not come from a charger."""
        self.kernel.now_ms = self.site.now_ms
        events = self.kernel.when(payload)
        self.follow()
        return events

    def crash_kernel(self) -> None:
        self.kernel_down = True

    def restart_kernel(self, *, remembers: bool) -> None:
        """With a newer build the observations are lost."""
        self.kernel_down = False
        if not remembers:
            self.kernel.states[STREAM] = replace(self.kernel.whole(), observations=Meters())
        waiting, self.waiting = self.waiting, []
        for given in waiting:
            self.give(given)

    def next_timer_ms(self) -> int | None:
        timer = None if self.kernel_down else self.kernel.next_timer()
        return None if timer is None else timer[0]

    def run_timers(self) -> None:
        self.kernel.run_until(self.site.now_ms)
        self.follow()

    def follow(self) -> None:
        """What the kernel decided reaches whom it concerns."""
        changed = set()
        while self.seen < len(self.kernel.recorded):
            event = self.kernel.recorded[self.seen]
            self.seen += 1
            self.decided.setdefault(event.correlationid, []).append(event)
            for row in LOAD.desired(self.kernel.ledger, event.data):
                self.desired[row.charger_id] = row
                self.state(charger_of(row.charger_id)).desire(row)
                changed.add(charger_of(row.charger_id))
            match event.data:
                case load.CommandRequested():
                    charger_id = charger_of(event.data.charger_id)
                    self.state(charger_id).add_command(event.data)
                    changed.add(charger_id)
                case load.TransactionPermitted():
                    self.permitted.pop(event.data.request_id, lambda: None)()
                case load.PermitSought():
                    asked = sites.StartRequested(
                        charger_id=event.data.charger_id,
                        request_id=event.correlationid,
                        vehicle_id="v",
                        token_ref="t",
                    )
                    self.site.agenda.after(0, lambda asked=asked: self.input(asked))
        for charger_id in changed:
            if charger_id in self.sessions:
                self.sessions[charger_id].pump()

    # The gateway

    def state(self, charger_id: str) -> ChargerState:
        if charger_id not in self.states:
            state = self.states[charger_id] = ChargerState()
            for row in self.desired.values():
                if charger_of(row.charger_id) == charger_id:
                    state.desire(row)
        return self.states[charger_id]

    def open(self, identity: ChargerIdentity, line: Any, connection_id: str) -> Session:
        session = Session(self, identity, line, connection_id)
        self.sessions[identity.charger_id] = session
        connected = observations.Connected(
            charger_id=identity.charger_id, connection_id=connection_id, subprotocol="ocpp1.6"
        )
        run_now(session.charger.persist(session.charger.observation(connected)))
        return session

    def closed(self, session: Session) -> None:
        """The gateway notices that a socket is gone."""
        ended = observations.Disconnected(charger_id=session.charger.id, connection_id=session.id, reason="1006")
        run_now(session.charger.persist(session.charger.observation(ended)))

    def crash_gateway(self) -> None:
        self.states.clear()
        self.sessions.clear()


class Session:
    """A socket's side of the gateway: one call at a time to the charger, and its calls handled in their order."""

    def __init__(self, platform: Platform, identity: ChargerIdentity, line: Any, connection_id: str) -> None:
        self.platform = platform
        self.id = connection_id
        self.line = line
        self.charger = ConnectedCharger(identity, connection_id, platform.state(identity.charger_id), platform.context)
        self.reconciler = OutletsReconciler(self.charger)
        self.outstanding: Job | None = None
        self.over = False

    def call(self, action: str, payload: dict[str, Any], answered: Callable[[Any], object] | None = None) -> None:
        """The charger calls; `answered` gets the answer, None for an error."""
        wire = json.loads(json.dumps(payload))
        self.line.up(lambda: self._handle(action, wire, answered))

    def _handle(self, action: str, payload: dict[str, Any], answered: Callable[[Any], object] | None) -> None:
        starts = action == "StartTransaction"
        self.charger.starting += starts
        try:
            reply = run_now(DIALECT.handle(Call("m", action, payload), self.charger))
            answer = run_now(reply()) if callable(reply) else reply
        except OCPPError:
            answer = None
        if starts:
            self.charger.starting -= 1
            self.charger.start_answered_ms = self.platform.site.now_ms
        if answered is not None:
            self.line.down(lambda: answered(answer))
        if self.charger.has_rebooted:
            self.charger.boot_was_answered()
        self.pump()

    def pump(self) -> None:
        """Send what is due."""
        if self.over or self.outstanding is not None:
            return
        if self.charger.boot_answered.is_set():
            self.charger.boot_answered.clear()
            self.reconciler = OutletsReconciler(self.charger)
        job = self._next()
        if job is not None:
            self._send(job)

    def _next(self) -> Job | None:
        if not self.charger.owns or self.charger.has_rebooted:
            return None
        now_ms = self.platform.site.now_ms
        job = self.reconciler.next(now_ms)
        waiting = self.charger.state.commands
        while job is None and waiting:
            command = waiting.popleft().command
            if command.expires_ms > now_ms:
                job = commands.job(command)
        wake_ms = self.reconciler.wake_ms(now_ms)
        if job is None and wake_ms is not None:
            self.platform.site.agenda.at(wake_ms, self.pump)
        return job

    def _send(self, job: Job) -> None:
        self.outstanding = job
        self.line.down(lambda: self.line.call_charger(job, lambda payload: self._answered(job, payload)))
        timeout_ms = job.timeout_ms or self.platform.context.settings.call_timeout_ms
        self.platform.site.agenda.after(timeout_ms, lambda: self._answered(job, None))

    def _answered(self, job: Job, payload: dict[str, Any] | None) -> None:
        if self.over or self.outstanding is not job:
            return
        self.outstanding = None
        answer = TIMEOUT if payload is None else DIALECT.answer_of(CallResult("m", payload))
        self._record(job, answer)
        self.pump()

    def _record(self, job: Job, answer: Any) -> None:
        for reported in job.answered(answer, self.platform.site.now_ms):
            run_now(self.charger.persist(self.charger.observation(reported)))

    def end(self) -> None:
        """The socket is gone, as the gateway notices."""
        if self.over:
            return
        self.over = True
        if self.outstanding is not None:
            job, self.outstanding = self.outstanding, None
            self._record(job, OFFLINE)
