"""Model check: no phase is ever over its limit, whatever chargers, cars, lines and crashes do."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from tests.examples import examples
from tests.model.hardware import Car
from tests.model.site import ModelSite
from tests.model.walk import CONDUCTORS, Walk, amps_of_all, any_charger, cars, in_watts, sites_of

LIMITS = settings(
    max_examples=examples(60), stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
on_one_phase = st.builds(
    Car, conductors=st.sampled_from(CONDUCTORS[:2]), wants_ma=st.just(32_000), follows_ms=st.sampled_from((0, 5_000))
)


class AnyChargers(Walk):
    """Chargers and cars of any kind."""

    @initialize(
        site=sites_of(any_charger),
        arrivals=st.lists(cars, max_size=4),
        amps=amps_of_all,
        morning_s=st.sampled_from((0, 150, 400)),
    )
    def morning(self, site: ModelSite, arrivals: list[Car], amps: list[int], morning_s: int) -> None:
        self.begin(site, arrivals, amps, morning_s)


class ChargersInWatts(Walk):
    """Chargers that take W only, and may prove in the morning how they divide them."""

    @initialize(site=sites_of(in_watts), arrivals=st.lists(on_one_phase, min_size=1, max_size=2))
    def morning(self, site: ModelSite, arrivals: list[Car]) -> None:
        self.begin(site, arrivals, [32] * 6, 400)


AnyChargers.TestCase.settings = ChargersInWatts.TestCase.settings = LIMITS
TestAnyChargers = AnyChargers.TestCase
TestChargersInWatts = ChargersInWatts.TestCase
