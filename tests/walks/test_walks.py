"""Walks through faults: no state depends on one frame, and there is a way out of every one."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.walks.gateway import ODD_STATUSES, ODD_STOPS
from tests.walks.yard import CARS, OUTLETS, Yard, ready

QUIET_S = 600
"""How long after the last fault every outlet is usable again, or an alarm says why it is not."""

Step = tuple[str, ...]
STEPS: dict[str, Callable[..., object]] = {
    "wait": lambda yard, seconds: yard.pass_time(int(seconds)),
    "ask": lambda yard, car: yard.ask(car),
    "come": lambda yard, car, outlet: _come(yard, car, outlet),
    "plug in": lambda yard, car, outlet: yard.plug_in(car, outlet),
    "card": lambda yard, outlet: yard.present_card(yard.connectors[outlet]),
    "unplug": lambda yard, outlet: yard.unplug(yard.connectors[outlet]),
    "mishap": lambda yard, charger, frame, mishap: yard.chargers[charger].mishaps.update({frame: mishap}),
    "cut the line": lambda yard, charger, notice_s: yard.disconnect(yard.chargers[charger], int(notice_s)),
    "mend the line": lambda yard, charger: yard.connect(yard.chargers[charger]),
    "power off": lambda yard, charger, memory: yard.power_off(yard.chargers[charger], memory),
    "power on": lambda yard, charger: yard.power_on(yard.chargers[charger]),
    "boot": lambda yard, charger, memory: _boot(yard, charger, memory),
    "cap": lambda yard, limit_a: yard.cap(int(limit_a)),
    "repeat a status": lambda yard, outlet, status: _repeat_status(yard, outlet, status),
    "stop if paused": lambda yard, outlet: yard.stop_if_paused(yard.connectors[outlet]),
    "block or unblock": lambda yard, car: yard.block(car),
    "remote start": lambda yard, charger, outcome: yard.set_remote_start(charger, outcome == "works"),
    "visit": lambda yard, *choices: _visit(yard, *choices),
    "leave": lambda yard, outlet: _leave(yard, outlet),
}


def _come(yard: Yard, car: str, outlet: str) -> None:
    """Plug in and present the card."""
    yard.plug_in(car, outlet)
    for connector in yard.connectors.values():
        if connector.car == car and connector.run is None:
            yard.settle()
            yard.present_card(connector)


def _leave(yard: Yard, outlet: str) -> None:
    """Stop with the card and unplug."""
    yard.present_card(yard.connectors[outlet])
    yard.pass_time(10)
    yard.unplug(yard.connectors[outlet])


def _visit(
    yard: Yard, car: str, outlet: str, on_start: str, seconds: str, on_status: str, on_stop: str, end: str
) -> None:
    """Charge for a while and go, with a fault of each frame."""
    charger = yard.charger_of(yard.connectors[outlet])
    charger.mishaps["start"] = on_start
    _come(yard, car, outlet)
    yard.pass_time(int(seconds))
    charger.mishaps |= {"status": on_status, "stop": on_stop}
    _leave(yard, outlet) if end == "leave" else yard.unplug(yard.connectors[outlet])


def _repeat_status(yard: Yard, outlet: str, status: str) -> None:
    """One from before, out of order."""
    connector = yard.connectors[outlet]
    yard.send_status(yard.charger_of(connector), connector, status)


def _boot(yard: Yard, charger: str, memory: str) -> None:
    yard.power_off(yard.chargers[charger], memory)
    yard.pass_time(20)
    yard.power_on(yard.chargers[charger])


def step(name: str, *choices: tuple[str, ...]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *map(st.sampled_from, choices))


CHARGERS = ("a", "b")
LATE_ODD_STOPS = tuple(f"late, {form}" for form in ODD_STOPS)
STARTS = ("late", "lost", "twice", "unanswered")
STOPS = ("late", "lost", "twice", "again", *ODD_STOPS, *LATE_ODD_STOPS)
STATUSES = ("late", "lost", "twice", *ODD_STATUSES)
SECONDS = ("10", "60", "150", "400")
MEMORIES = ("resumes", "stops", "forgets")
DRIVEN = st.one_of(
    step("wait", SECONDS),
    step("ask", CARS),
    step("come", CARS, OUTLETS),
    step("plug in", CARS, OUTLETS),
    step("card", OUTLETS),
    step("leave", OUTLETS),
    step("unplug", OUTLETS),
)
VISITS = step("visit", CARS, OUTLETS, ("", *STARTS), SECONDS, ("", *STATUSES), ("", *STOPS), ("leave", "unplug"))
FAULTS = st.one_of(
    step("mishap", CHARGERS, ("start",), STARTS),
    step("mishap", CHARGERS, ("stop",), STOPS),
    step("mishap", CHARGERS, ("status",), STATUSES),
    step("cut the line", CHARGERS, ("0", "30")),
    step("mend the line", CHARGERS),
    step("power off", CHARGERS, MEMORIES),
    step("power on", CHARGERS),
    step("boot", CHARGERS, MEMORIES),
    step("cap", ("3", "10", "120")),
    step("stop if paused", OUTLETS),
    step("block or unblock", CARS),
    step("remote start", CHARGERS, ("works", "fails")),
    step("repeat a status", OUTLETS, ("available", "preparing", "charging", "finishing", "faulted")),
)


def walk(steps: list[Step]) -> Yard:
    yard = ready()
    for name, *arguments in steps:
        STEPS[name](yard, *arguments)
        yard.settle()
        yard.pass_time(1)
    return yard


def end_faults(yard: Yard) -> None:
    yard.cap(120)
    for charger in yard.chargers.values():
        charger.mishaps.clear()
        yard.power_on(charger)
        yard.connect(charger)
    yard.settle()


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.one_of(DRIVEN, VISITS, VISITS, FAULTS), min_size=6, max_size=16), st.booleans())
def test_there_is_a_way_out_of_every_state_within_ten_minutes_of_the_last_fault(steps: list[Step], leave: bool) -> None:
    yard = walk(steps)
    end_faults(yard)
    for connector in yard.connectors.values() if leave else ():
        yard.unplug(connector)
        yard.settle()
    yard.pass_time(QUIET_S)
    yard.check_sessions()
    yard.check_next_cars()
    yard.check_usable()
