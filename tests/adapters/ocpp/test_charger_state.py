"""The state of a charger that outlives its sockets."""

from __future__ import annotations

from adapters.ocpp.charger_state import REMEMBERED_TRANSACTIONS, ChargerState


def test_the_connectors_of_the_last_transactions_are_remembered() -> None:
    state = ChargerState()
    for transaction_id in range(REMEMBERED_TRANSACTIONS + 1):
        state.transaction_seen(str(transaction_id), 2)
    assert (state.connector_of("0"), state.connector_of("1")) == (1, 2)
