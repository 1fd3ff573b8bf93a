"""A token is decided behind what its charger reported before it."""

from __future__ import annotations

from domain.records.load import ChargerConnected, ChargerStatusChanged, TokenPresented
from domain.records.observations import Authorize, Status
from tests.stories.kernel import Kernel
from tests.stories.story import rejection


def test_what_a_new_charger_sends_at_once_leaves_the_kernel_in_its_order():
    """Boot, status and card in one second: the queue hears of the charger before it hears of the card."""
    kernel = Kernel().site()
    kernel.add("a")
    kernel.connect("a")
    kernel.when(Status(charger_id="a", evse_id=1, status="available", error_code="no_error", charger_time_ms=None))
    kernel.when(Authorize(charger_id="a", token_ref="t", vehicle_id="v"))
    kinds = (ChargerConnected, ChargerStatusChanged, TokenPresented)
    published = [type(event) for event in kernel.events if isinstance(event, kinds)]
    assert published == [ChargerConnected, ChargerStatusChanged, TokenPresented]


def test_a_token_at_an_unknown_charger_is_rejected():
    kernel = Kernel().site()
    presented = kernel.when(Authorize(charger_id="nowhere", token_ref="t", vehicle_id="v"))
    assert rejection(presented) == ("charger_id", "the site has no charger nowhere")
