"""Reconciliation of a charger with one outlet or several: of each outlet in turn."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.jobs import Job
from adapters.ocpp.v16.reconcile import Reconciler


class OutletsReconciler:
    """`adapters.ocpp.dialect.JobSource` of the limits of all outlets of a charger."""

    def __init__(self, charger: ConnectedCharger) -> None:
        self._outlets = [Reconciler(charger, outlet) for outlet in charger.identity.outlets()]

    def learn(self, configuration: Mapping[str, str]) -> None:
        """Heed what the charger reported of itself."""
        for outlet in self._outlets:
            outlet.learn(configuration)

    def next(self, now_ms: int) -> Job | None:
        """The next call of any outlet; None: all was sent that can be sent now."""
        jobs = (outlet.next(now_ms) for outlet in self._outlets)
        return next((job for job in jobs if job is not None), None)

    def wake_ms(self, now_ms: int) -> int | None:
        """When something that rests now is due again."""
        due = (outlet.wake_ms(now_ms) for outlet in self._outlets)
        return min((due_ms for due_ms in due if due_ms is not None), default=None)
