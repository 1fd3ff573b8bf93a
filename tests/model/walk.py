"""What may happen at a site: the steps of a walk, and the sites that it may begin at."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from domain.records import load
from tests.model.charge_point import ChargePoint, Traits
from tests.model.hardware import VOLTAGE_V, Car, Electronics
from tests.model.site import ModelSite, Spec

WIRINGS = ((0, 1, 2), (0, 1, 2), (1, 2, 0), (2, 0, 1), (0,), (1,), (2,), (0, 1))
SWITCH_BELOW_W = (0, 0, 4_140, 4_400, 7_400)
CONNECTORS = (*((one,) for one in WIRINGS), ((0, 1, 2), (1, 2, 0)), ((0,), (1,)))
CONDUCTORS = ((0,), (0,), (0, 1, 2), (0, 1, 2), (0, 1), (1,), (0, 2), (1, 2))
WANTS_MA = (6_500, 9_300, 13_400, 16_000, 20_000, 32_000)
TARGETS_A = (0, 6, 8, 10, 13, 16, 18, 24, 24, 32, 32)
OFFSETS_MS = (0, 0, 0, 7_200_000, -600_000, -7_200_000, -3 * 86_400_000, 45_000)

electronics = st.builds(
    Electronics,
    unit=st.sampled_from(("A", "W")),
    divides=st.sampled_from(("phases", "uses", "first")),
    one_phase_below_w=st.sampled_from(SWITCH_BELOW_W),
)
dividing = st.builds(
    Electronics, unit=st.just("W"), divides=st.just("phases"), one_phase_below_w=st.sampled_from(SWITCH_BELOW_W)
)


def specs(electronics: st.SearchStrategy[Electronics], **chosen: st.SearchStrategy) -> st.SearchStrategy[Spec]:
    traits = st.builds(
        Traits,
        electronics=electronics,
        reports=chosen.get("reports", st.sampled_from(("phases", "phases", "all", "one", "power", "powers", "energy"))),
        refuses=st.sampled_from(((), (), ("Absolute",), ("Relative",), ("TxProfile",), ("TxDefaultProfile",))),
        can_trigger=st.sampled_from((True, True, True, False)),
        queues_meter_values=st.booleans(),
        names_transaction=st.booleans(),
    )
    return st.builds(
        Spec,
        id=st.just(""),
        node=st.sampled_from(("root", "p", "p")),
        connectors=chosen.get("connectors", st.sampled_from(CONNECTORS)),
        max_ma=chosen.get("max_ma", st.sampled_from((16_000, 32_000, 32_000))),
        traits=traits,
        clock_ms=st.sampled_from(OFFSETS_MS),
    )


any_charger = specs(electronics)
in_watts = specs(
    dividing,
    reports=st.sampled_from(("phases", "all")),
    connectors=st.sampled_from((((0, 1, 2),), ((2, 0, 1),))),
    max_ma=st.just(32_000),
)


def sites_of(charger: st.SearchStrategy[Spec]) -> st.SearchStrategy[ModelSite]:
    return st.builds(
        ModelSite,
        st.lists(charger, min_size=2, max_size=3).map(
            lambda specs: [replace(spec, id=f"c{index}") for index, spec in enumerate(specs)]
        ),
        root_ma=st.sampled_from(((63_000, 63_000, 63_000), (50_000, 50_000, 40_000), (100_000, 100_000, 100_000))),
        panel_ma=st.sampled_from(((40_000, 40_000, 40_000), (80_000, 63_000, 50_000))),
        firm_w=st.sampled_from((0, 12 * VOLTAGE_V, 3 * 20 * VOLTAGE_V)),
        seed=st.integers(0, 2**16),
    )


MORNING_S = (0, 150, 400)
one_of_few = st.integers(0, 5)
SECONDS = (1, 5, 20, 45, 120, 400)
cars = st.builds(
    Car,
    conductors=st.sampled_from(CONDUCTORS),
    wants_ma=st.sampled_from(WANTS_MA),
    follows_ms=st.sampled_from((0, 2_000, 5_000)),
)

amps_of_all = st.lists(st.sampled_from(TARGETS_A), min_size=6, max_size=6)


class Walk(RuleBasedStateMachine):
    """Each kind of walk says with which site and cars it begins."""

    site: ModelSite

    def begin(self, site: ModelSite, arrivals: list[Car], amps: list[int], morning_s: int) -> None:
        """Cars arrive, and some time passes."""
        self.site = site
        for name, car in zip(site.outlets, arrivals, strict=False):
            site.ask(name, car, 5)
            site.run(10)
        site.plan(amps)
        site.run(morning_s)

    def _name(self, number: int) -> str:
        names = list(self.site.outlets)
        return names[number % len(names)]

    def _charger(self, number: int) -> ChargePoint:
        chargers = list(self.site.chargers.values())
        return chargers[number % len(chargers)]

    @rule(seconds=st.sampled_from(SECONDS))
    def wait(self, seconds: int) -> None:
        self.site.run(seconds)

    @rule(number=one_of_few, car=cars, wait_s=st.sampled_from((0, 5, 50)), seconds=st.sampled_from(SECONDS))
    def arrive(self, number: int, car: Car, wait_s: int, seconds: int) -> None:
        self.site.ask(self._name(number), car, wait_s)
        self.site.run(seconds)

    @rule(number=one_of_few)
    def leave(self, number: int) -> None:
        charger, outlet = self.site.outlets[self._name(number)]
        charger.unplug(outlet)
        self.site.run(2)

    @rule(number=one_of_few, car=cars, seconds=st.sampled_from(SECONDS))
    def change_car(self, number: int, car: Car, seconds: int) -> None:
        """It wants another current, or uses other conductors."""
        charger, outlet = self.site.outlets[self._name(number)]
        if outlet.transaction is not None:
            outlet.car = car
            charger.apply()
        self.site.run(seconds)

    @rule(amps=amps_of_all, seconds=st.sampled_from(SECONDS))
    def plan(self, amps: list[int], seconds: int) -> None:
        self.site.plan(amps)
        self.site.run(seconds)

    def _settled(self) -> bool:
        """Whether the platform knows the chargers' ways: who is cut off before that can't be lowered."""
        return not self.site.changed and not self.site.surprised(list(self.site.outlets))

    @precondition(_settled)
    @rule(
        number=one_of_few, notice_s=st.sampled_from((0, 5, 60)), drops=st.booleans(), seconds=st.sampled_from(SECONDS)
    )
    def cut_the_line(self, number: int, notice_s: int, drops: bool, seconds: int) -> None:
        charger = self._charger(number)
        self.site.caps.clear()  # nobody can lower it in time
        self.site.cut(charger, notice_s)
        if drops:
            charger.drop_leases()
        self.site.run(seconds)

    @rule(number=one_of_few, booted=st.booleans())
    def mend_the_line(self, number: int, booted: bool) -> None:
        self.site.connect(self._charger(number), booted=booted)
        self.site.run(2)

    @precondition(_settled)
    @rule(number=one_of_few, drops=st.booleans(), ends=st.booleans(), off_s=st.sampled_from((5, 60)))
    def cut_the_power(self, number: int, drops: bool, ends: bool, off_s: int) -> None:
        charger = self._charger(number)
        self.site.caps.clear()
        self._restart(number, drops=drops, ends=ends, off_s=off_s)
        self.site.connect(charger, booted=True)
        self.site.run(2)

    def _restart(self, number: int, *, drops: bool, ends: bool, off_s: int) -> None:
        charger = self._charger(number)
        self.site.cut(charger, 10)
        charger.power(False)
        self.site.run(off_s)
        if drops:
            charger.drop_leases()
        for outlet in charger.outlets if ends else ():
            charger.stop(outlet, "PowerLoss")
        charger.power(True)

    @precondition(_settled)
    @rule(number=one_of_few, changed=electronics, seconds=st.sampled_from(SECONDS))
    def update_firmware(self, number: int, changed: Electronics, seconds: int) -> None:
        charger = self._charger(number)
        if self.site.platform.kernel_down:
            return
        self.site.caps.clear()
        self._restart(number, drops=False, ends=False, off_s=20)
        charger.firmware += "+"
        unit = charger.traits.electronics.unit
        charger.traits = replace(charger.traits, electronics=replace(changed, unit=unit))
        self._changed(charger)
        self.site.connect(charger, booted=True)
        self.site.run(seconds)

    @precondition(_settled)
    @rule(number=one_of_few, changed=electronics, seconds=st.sampled_from(SECONDS))
    def change_ways(self, number: int, changed: Electronics, seconds: int) -> None:
        """It divides otherwise from now on, and does not say so."""
        charger = self._charger(number)
        if not charger.online or self.site.platform.kernel_down:
            return
        unit = charger.traits.electronics.unit
        charger.traits = replace(charger.traits, electronics=replace(changed, unit=unit))
        self._changed(charger)
        self.site.caps.clear()
        charger.apply()
        self.site.run(seconds)

    def _changed(self, charger: ChargePoint) -> None:
        self.site.changed |= {name for name, (one, _) in self.site.outlets.items() if one is charger}

    @rule(number=one_of_few, delay_ms=st.sampled_from((0, 50, 800, 3_000)))
    def slow_line(self, number: int, delay_ms: int) -> None:
        charger = self._charger(number)
        self.site.delays[charger.id] = delay_ms
        if charger.session is not None:
            charger.session.line.delay_ms = delay_ms

    @precondition(_settled)
    @rule(number=one_of_few, what=st.sampled_from(("lose_up", "lose_down", "double_up", "double_down")))
    def spoil_messages(self, number: int, what: str) -> None:
        charger = self._charger(number)
        if charger.session is not None:
            setattr(charger.session.line, what, 1)

    @precondition(_settled)
    @rule(down_s=st.sampled_from((1, 20)), seconds=st.sampled_from(SECONDS))
    def crash_gateway(self, down_s: int, seconds: int) -> None:
        self.site.caps.clear()
        self.site.crash_gateway(down_s)
        self.site.run(seconds)

    @precondition(_settled)
    @rule(down_s=st.sampled_from((0, 3, 10)), remembers=st.booleans())
    def crash_kernel(self, down_s: int, remembers: bool) -> None:
        self.site.caps.clear()
        self.site.platform.crash_kernel()
        self.site.run(down_s)
        self.site.platform.restart_kernel(remembers=remembers)
        self.site.check()

    @rule(number=one_of_few)
    def correct_clock(self, number: int) -> None:
        self._charger(number).set_clock(0)
        self.site.run(1)

    @rule(
        limit_a=st.sampled_from((20, 40, 60, 120)),
        lasts_s=st.sampled_from((120, 600)),
        seconds=st.sampled_from(SECONDS),
    )
    def cap(self, limit_a: int, lasts_s: int, seconds: int) -> None:
        if self.site.platform.kernel_down or self.site.unnoticed:
            return
        events = self.site.platform.input(
            load.SetGridLimit(
                cap_id="cap",
                limit_w=limit_a * VOLTAGE_V,
                starts_ms=None,
                ends_ms=self.site.now_ms + lasts_s * 1000,
                reason_code="test",
            )
        )
        for event in events:
            if isinstance(event, load.GridLimitSet):
                self.site.caps = {"cap": event} if event.guaranteed else {}
        self.site.run(seconds)
