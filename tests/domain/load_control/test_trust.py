"""Who gets current again after they had drawn more than they may."""

from __future__ import annotations

from domain.load_control.parameters import OBEYED_MS
from domain.records.load import AlarmCleared, CloseTransaction, LimitDesired, ObedienceVoided, TrustAgain, TrustedAgain
from tests.stories.kernel import Kernel
from tests.stories.story import of_type, one, rejection


def liar() -> Kernel:
    """One that drew 20 A for half a minute of the 10 A that it had accepted, and has accepted 0 A since."""
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a")
    kernel.after(1800)  # the test load of its commissioning is over
    kernel.charge("a", 20)
    kernel.targets(valid_s=3600, a=10)
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 20)
    kernel.after(20)
    assert of_type(kernel.meter("a", 20), ObedienceVoided)
    assert kernel.charger("a").lease.limit_ma == 0
    kernel.answer("a")
    kernel.after(10)
    return kernel


def obey(kernel: Kernel, seconds: int, *, amps: float = 0) -> list:
    """A reading every half minute. The events."""
    events = []
    for _ in range(seconds // 30):
        events += kernel.meter("a", amps)
        kernel.after(30)
        if kernel.charger("a").lease.ask.accepted_ms is None:
            kernel.answer("a")
    return events


def test_a_charger_that_obeys_for_five_minutes_gets_current_again_and_is_probed():
    kernel = liar()
    events = obey(kernel, 300)
    assert of_type(events, TrustedAgain) == []
    events = kernel.meter("a", 0)
    trusted = one(TrustedAgain, events)
    assert trusted.reason == "it has obeyed 0 mA for 5 minutes"
    assert AlarmCleared(code="disobedient", charger_id="a") in events
    assert of_type(events, LimitDesired)[-1].limit_ma == 10_000
    assert not kernel.charger("a").verified
    assert kernel.counted("a") == 32_000
    kernel.answer("a")
    kernel.after(6)
    assert of_type(kernel.meter("a", 10), LimitDesired)[-1].rule == "load_control.probe.v1"


def test_one_reading_above_its_limit_begins_the_time_anew():
    kernel = liar()
    obey(kernel, 270)
    kernel.meter("a", 10)
    assert of_type(obey(kernel, 300), TrustedAgain) == []
    assert of_type(kernel.meter("a", 0), TrustedAgain)


def test_a_charger_that_goes_on_drawing_gets_nothing_however_long():
    kernel = liar()
    assert of_type(obey(kernel, 1200, amps=20), TrustedAgain) == []
    assert kernel.charger("a").lease.limit_ma == 0


def test_silence_proves_nothing():
    kernel = liar()
    kernel.meter("a", 0)
    assert of_type(kernel.after(OBEYED_MS / 1000 + 60), TrustedAgain) == []


def test_an_operator_trusts_it_again_and_it_is_found_out_again_where_it_lies_on():
    kernel = liar()
    events = kernel.when(TrustAgain(charger_id="a"))
    assert one(TrustedAgain, events).reason == "an operator has looked at it"
    assert not kernel.charger("a").verified
    assert kernel.counted("a") == 32_000
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 20)
    kernel.after(20)
    assert of_type(kernel.meter("a", 20), ObedienceVoided)
    assert ("disobedient", "a") in kernel.ledger.alarms


def test_an_outlet_above_its_rating_proves_itself_anew():
    kernel = Kernel().site(limit_a=100, firm_a=12).ready("a", max_a=16)
    kernel.charge("a", 16)
    kernel.meter("a", 30)
    kernel.after(10)
    kernel.meter("a", 30)
    assert kernel.charger("a").exceeds_rating
    kernel.when(TrustAgain(charger_id="a"))
    charger = kernel.charger("a")
    assert (charger.exceeds_rating, charger.verified) == (False, False)
    kernel.after(10)
    kernel.meter("a", 30)
    assert kernel.charger("a").exceeds_rating


def test_a_charger_that_gets_current_has_nothing_to_prove_anew():
    kernel = Kernel().site().ready("a")
    field, reason = rejection(kernel.when(TrustAgain(charger_id="a")))
    assert (field, reason) == ("charger_id", "the charger gets current: there is nothing to prove anew")


def relapse(kernel: Kernel) -> int:
    """It is trusted again and draws too much again. For how many minutes it had to obey."""
    minutes = 0
    while not of_type(obey(kernel, 60), TrustedAgain):
        minutes += 1
        assert minutes < 120
    kernel.answer("a")
    kernel.after(6)
    kernel.meter("a", 20)
    kernel.after(20)
    assert of_type(kernel.meter("a", 20), ObedienceVoided)
    kernel.answer("a")
    kernel.after(10)
    return minutes


def keep_target(kernel: Kernel) -> None:
    kernel.targets(valid_s=24 * 3600, a=10)


def test_each_relapse_within_a_day_doubles_the_time_to_obey_up_to_an_hour():
    kernel = liar()
    keep_target(kernel)
    assert [relapse(kernel) for _ in range(6)] == [5, 10, 20, 40, 60, 60]


def test_a_relapse_of_another_day_is_the_first_one():
    kernel = liar()
    keep_target(kernel)
    relapse(kernel)
    kernel.after(24 * 3600)
    keep_target(kernel)
    relapse(kernel)
    assert relapse(kernel) == 5


def test_the_alarm_ends_with_the_transaction_and_current_after_it_is_another_one():
    kernel = liar()
    kernel.meter("a", 20)
    assert AlarmCleared(code="disobedient", charger_id="a") in kernel.stop("a")
    kernel.after(30)
    kernel.meter("a", 20)
    assert kernel.ledger.alarms == (("idle_current", "a"),)


def test_the_alarm_stays_while_nothing_shows_what_is_drawn_after_a_lost_stop():
    kernel = liar()
    kernel.meter("a", 20)
    kernel.when(CloseTransaction(charger_id="a"))
    assert not kernel.charger("a").transactions
    kernel.after(1200)
    assert ("disobedient", "a") in kernel.ledger.alarms
    kernel.meter("a", 0)
    assert ("disobedient", "a") not in kernel.ledger.alarms
