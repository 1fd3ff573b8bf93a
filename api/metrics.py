"""What Prometheus may ask."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The numbers of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "commonwatt_http_request_duration_seconds",
            "How long requests took, decisions waited for included",
            ("method", "route", "status"),
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._events = Gauge(
            "commonwatt_events_last_offset",
            "The last offset of each partition of the events",
            ("partition",),
            registry=self._registry,
        )
        self._applied = Gauge(
            "commonwatt_projections_applied_offset",
            "The last offset of each partition that the read models have applied",
            ("partition",),
            registry=self._registry,
        )

    def request(self, method: str, route: str, status: int, duration_s: float) -> None:
        """A request was answered."""
        known = method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") else "other"
        self._requests.labels(known, route, status).observe(duration_s)

    def page(self, ends: dict[int, int], applied: dict[int, int]) -> bytes:
        """The text for Prometheus, given where the events end and how far the read models are."""
        for partition, offset in ends.items():
            self._events.labels(partition).set(offset)
            self._applied.labels(partition).set(applied.get(partition, 0))
        return generate_latest(self._registry)
