"""Chargers that take W only, and divide it in ways of their own: no phase carries more than what is counted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.load_control.desired_limits import desired_of
from domain.load_control.parameters import tolerance_ma
from domain.records import registry
from domain.records.load import (
    AlarmRaised,
    LimitConfirmed,
    LimitDesired,
    ObedienceProven,
    ObedienceVoided,
    WattsDivided,
)
from domain.records.observations import Booted, ProfileAnswer
from tests.examples import examples
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one

VOLTAGE = 230
PANEL = registry.NodeSpec(id="p", parent="root", kind="panel", limit_ma=(40_000, 40_000, 40_000))


class WattCharger:
    """A charger of three phases; `divides`: a car on one phase gets a third. Its car uses so many `phases`.

    Below `one_phase_w` it switches to one phase, which then gets all. `volts` is the voltage that it divides by.
    """

    def __init__(
        self,
        *,
        divides: bool,
        phases: int,
        max_a: int = 32,
        wants_a: float = 32,
        one_phase_w: int = 0,
        volts: int = VOLTAGE,
    ) -> None:
        self.kernel = Kernel().site(limit_a=300, firm_a=12, nodes=(PANEL,))
        self.kernel.add("w", node="p", max_a=max_a, phases=(0, 1, 2))
        self.kernel.when(Booted(charger_id="w", vendor="v", model="m", firmware="1"))
        self.kernel.connect("w")
        self.divides, self.phases, self.max_a, self.wants_a = divides, phases, max_a, wants_a
        self.one_phase_w, self.volts = one_phase_w, volts
        self.written_w: float | None = None
        self._accept("failsafe")
        self.kernel.request("w")
        self.kernel.start("w")

    @property
    def charger(self):
        return self.kernel.charger("w")

    def _accept(self, purpose: str):
        charger = self.charger
        ask = charger.failsafe.ask if purpose == "failsafe" else charger.lease.ask
        answer = ProfileAnswer(charger_id="w", purpose=purpose, generation=ask.generation, status="accepted", unit="W")
        return self.kernel.when(answer)

    def drawn_a(self) -> tuple[float, float, float]:
        """What each phase carries."""
        watts = self.written_w
        if watts is None:
            watts = self.charger.failsafe.installed_ma / 1000 * VOLTAGE
        phases = 1 if watts < self.one_phase_w else self.phases
        parts = 3 if self.divides and watts >= self.one_phase_w else phases
        amps = min(watts / self.volts / parts, self.max_a, self.wants_a)
        amps = amps if amps >= 6 else 0.0
        return tuple(amps if phase < phases else 0.0 for phase in range(3))

    def step(self, seconds: float = 7):
        """The charger takes what is desired of it, and after some seconds it reports. The events."""
        kernel, events = self.kernel, []
        if self.charger.failsafe.ask.accepted_ms is None:
            events += self._accept("failsafe")
        lease = desired_of(kernel.ledger, self.charger).lease
        if lease is not None and self.charger.lease.ask.due_ms() is not None:
            self.written_w = lease.total_ma / 1000 * VOLTAGE
            events += self._accept("lease")
        self.check()
        events += kernel.after(seconds)
        self.check()
        current_ma = tuple(round(amps * 1000) for amps in self.drawn_a())
        return events + kernel.meter("w", None, current_ma=current_ma)

    def run(self, steps: int = 12):
        return [event for _ in range(steps) for event in self.step()]

    def check(self) -> None:
        counted = self.kernel.counted("w") * VOLTAGE // self.volts
        assert max(self.drawn_a()) * 1000 <= counted + tolerance_ma(counted)


def targeted(charger: WattCharger, amps: float):
    charger.kernel.targets(valid_s=36_000, w=amps)
    return charger.run()


def test_a_car_on_one_phase_of_a_charger_that_does_not_divide_keeps_the_phases_limit():
    charger = WattCharger(divides=False, phases=1)
    events = targeted(charger, 32) + targeted(charger, 20)
    assert of_type(events, ObedienceProven)
    assert of_type(events, ObedienceVoided) == []
    shown = one(WattsDivided, events)
    assert (shown.divided, shown.limit_ma, shown.measured_ma) == (False, 18_000, 18_000)
    assert max(charger.drawn_a()) <= 20
    assert charger.kernel.counted("w") == 20_000


def test_a_car_on_one_phase_that_gets_its_part_proves_that_the_charger_divides():
    charger = WattCharger(divides=True, phases=1)
    proof = one(WattsDivided, targeted(charger, 32))
    assert (proof.divided, proof.limit_ma, proof.measured_ma) == (True, 18_000, 6_000)
    targeted(charger, 16)
    assert max(charger.drawn_a()) == 16
    assert charger.kernel.counted("w") == 16_000


@pytest.mark.parametrize("divides", [True, False])
def test_a_car_of_three_phases_proves_compliance_but_not_the_division(divides):
    charger = WattCharger(divides=divides, phases=3)
    events = targeted(charger, 32)
    assert of_type(events, ObedienceProven)
    assert of_type(events, WattsDivided, ObedienceVoided) == []
    assert not charger.charger.divides_from_ma


def test_a_target_below_what_all_phases_need_is_raised_where_there_is_room():
    charger = WattCharger(divides=False, phases=3)
    targeted(charger, 32)
    targeted(charger, 8)
    assert charger.charger.lease.limit_ma == 18_000
    assert charger.drawn_a() == (6, 6, 6)


def test_where_there_is_no_room_to_prove_people_are_told():
    charger = WattCharger(divides=False, phases=3)
    targeted(charger, 32)
    charger.kernel.cap(3 * 10)
    events = charger.run(20)
    charger.kernel.targets(valid_s=36_000, w=12)
    events += charger.run(20)
    assert "no_room_to_prove" in [alarm.code for alarm in of_type(events, AlarmRaised)]


def test_the_opposite_of_the_proof_is_no_disobedience_and_lowers_the_limit():
    charger = WattCharger(divides=True, phases=1)
    targeted(charger, 32)
    targeted(charger, 16)
    charger.divides = False
    opposite = charger.kernel.meter("w", None, current_ma=(32_000, 0, 0))
    assert one(WattsDivided, opposite).divided is False
    assert charger.kernel.counted("w") == 32_000
    assert max(limit.limit_ma for limit in of_type(opposite, LimitDesired)) == 18_000
    events = charger.run()
    assert of_type(events, ObedienceVoided) == []
    assert of_type(events, LimitConfirmed)
    assert max(charger.drawn_a()) <= 18
    assert charger.charger.verified


def test_other_firmware_has_proven_nothing():
    charger = WattCharger(divides=True, phases=1)
    targeted(charger, 32)
    assert charger.charger.divides_from_ma
    charger.kernel.when(Booted(charger_id="w", vendor="v", model="m", firmware="2"))
    assert not charger.charger.divides_from_ma


def test_the_proof_of_a_charger_is_no_other_ones():
    charger = WattCharger(divides=True, phases=1)
    charger.kernel.add("other", node="p", phases=(0, 1, 2))
    targeted(charger, 32)
    assert charger.charger.divides_from_ma
    assert not charger.kernel.charger("other").divides_from_ma


def test_a_charger_that_switches_to_one_phase_below_a_limit_has_proven_nothing_of_it():
    """It divides 5,520 W, and puts all of 4,140 W on one phase."""
    charger = WattCharger(divides=True, phases=1, one_phase_w=4_400)
    shown = one(WattsDivided, targeted(charger, 32))
    assert (shown.divided, shown.limit_ma, shown.measured_ma) == (False, 18_000, 18_000)
    proof = one(WattsDivided, targeted(charger, 24))
    assert (proof.divided, proof.limit_ma, proof.measured_ma) == (True, 24_000, 8_000)
    targeted(charger, 6)
    assert charger.charger.lease.limit_ma == 8_000
    assert charger.drawn_a() == (8, 0, 0)
    assert charger.kernel.counted("w") == 8_000


@pytest.mark.parametrize(("phases", "divides"), [(3, True), (3, False), (1, True), (1, False)])
def test_an_outlet_of_three_times_16_a_proves_that_it_obeys_by_any_car(phases, divides):
    """A limit that all phases can charge by is more than one of them carries, so nothing more is counted for it."""
    charger = WattCharger(divides=divides, phases=phases, max_a=16)
    events = targeted(charger, 16)
    assert of_type(events, ObedienceProven)
    assert of_type(events, ObedienceVoided) == []
    assert max(charger.drawn_a()) == 16
    assert (charger.charger.divides_from_ma == 18_000) is (divides and phases == 1)


def test_what_an_outlet_of_three_times_16_a_proved_by_a_car_on_one_phase_lets_three_phases_have_less():
    charger = WattCharger(divides=True, phases=1, max_a=16)
    targeted(charger, 16)
    charger.phases = 3
    targeted(charger, 7)
    assert charger.drawn_a() == (7, 7, 7)
    assert charger.kernel.counted("w") == 7_000


def test_a_car_on_one_phase_shows_how_an_outlet_divides_that_proved_by_another_car_that_it_obeys():
    charger = WattCharger(divides=True, phases=3, max_a=16)
    targeted(charger, 16)
    assert charger.charger.verified
    charger.phases = 1
    charger.kernel.after(300)
    assert one(WattsDivided, charger.run()).divided
    assert charger.drawn_a() == (16, 0, 0)


@pytest.mark.parametrize("divides", [True, False])
def test_a_low_voltage_is_no_disobedience_and_what_is_measured_counts(divides):
    """At 210 V the same power is a tenth more current."""
    charger = WattCharger(divides=divides, phases=1, volts=210)
    events = targeted(charger, 32) + targeted(charger, 20)
    assert of_type(events, ObedienceProven, LimitConfirmed)
    assert of_type(events, ObedienceVoided) == []
    assert one(WattsDivided, events).divided is divides
    assert 20 < max(charger.drawn_a()) < 22
    assert charger.kernel.counted("w") == 22_000


def test_more_current_than_a_low_voltage_makes_of_its_power_is_disobedience():
    charger = WattCharger(divides=False, phases=1)
    targeted(charger, 32)
    targeted(charger, 20)
    charger.check = lambda: None
    charger.volts = 180
    assert of_type(charger.run(), ObedienceVoided)


def test_a_small_test_load_on_three_phases_proves_that_it_obeys():
    """It is attested that no phase can carry more."""
    charger = WattCharger(divides=False, phases=3, wants_a=10)
    charger.kernel.stop("w")
    charger.kernel.commission("w", test_load_a=10)
    charger.kernel.request("w")
    charger.kernel.start("w", charger_time_ms=charger.kernel.now_ms + 1)
    events = charger.run(20)
    assert of_type(events, ObedienceProven)
    assert max(charger.charger.possible_ma(charger.kernel.now_ms), charger.kernel.counted("w")) <= 18_000


@settings(max_examples=examples(60), deadline=None)
@given(
    st.booleans(),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((16, 32)),
    st.sampled_from((0, 4_140, 4_400, 7_400)),
    st.lists(st.tuples(st.sampled_from((0, 6, 10, 16, 18, 24, 32)), st.sampled_from((7, 16, 32))), max_size=8),
)
def test_no_phase_ever_carries_more_than_is_counted(divides, phases, max_a, one_phase_w, wishes):
    charger = WattCharger(divides=divides, phases=phases, max_a=max_a, one_phase_w=one_phase_w)
    for target_a, wants_a in wishes:
        charger.wants_a = wants_a
        charger.kernel.targets(valid_s=36_000, w=target_a)
        charger.run(4)


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 30), st.integers(5, 30), st.sampled_from((6, 10, 16, 18)))
def test_a_charger_that_stops_dividing_exceeds_its_limit_for_no_more_than_75_s(wait_s, every_s, limit_a):
    """The meter reports every half a minute at least; what it draws is looked at each second."""
    charger = WattCharger(divides=True, phases=1)
    targeted(charger, 32)
    targeted(charger, limit_a)
    assert charger.charger.divides_from_ma
    charger.kernel.after(wait_s)
    charger.divides = False
    over_s = 0
    for second in range(1, 200):
        counted = charger.kernel.counted("w")
        over_s += max(charger.drawn_a()) * 1000 > counted + tolerance_ma(counted)
        if second % every_s == 0:
            charger.kernel.meter("w", None, current_ma=tuple(round(amps * 1000) for amps in charger.drawn_a()))
            if charger.charger.lease.ask.due_ms() is not None:
                lease = desired_of(charger.kernel.ledger, charger.charger).lease
                charger.written_w = lease.total_ma / 1000 * VOLTAGE
                charger._accept("lease")
        charger.kernel.after(1)
    assert over_s <= 75
