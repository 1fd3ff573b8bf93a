"""Metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api.operations.operation import Operation
from api.site_load import Point

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The metrics of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "commonwatt_http_request_duration_seconds",
            "Duration of requests, including the wait for decisions",
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
        self._telemetry_age = Gauge(
            "commonwatt_telemetry_age_seconds",
            "Age of the newest reading of any vehicle from this source",
            ("source",),
            registry=self._registry,
        )
        self._seen = Counter(
            "commonwatt_events",
            "Events since this process started; every instance of the API counts all events",
            ("type",),
            registry=self._registry,
        )
        self._counted: dict[str, int] = {}
        self._inputs_behind = self._gauge(
            "inputs_behind", "Offsets of a processor's inputs that it has not consumed", "processor"
        )
        self._series_behind = self._gauge(
            "series_behind", "Offsets of a topic that are not in the time series", "topic"
        )
        self._parked = self._gauge("parked_streams", "Streams that are stopped by a defect", "processor")
        self._sessions = self._gauge("sessions", "Sessions that are waiting or plugged in", "site", "state")
        self._chargers = self._gauge("chargers", "Chargers, connected (1) or not (0)", "site", "connected")
        self._load = self._of_sites("load", "Mean load of the last minute; absent while it is unknown")
        self._limit = self._of_sites("limit", "Lowest present limit of the site")
        self._headroom = self._of_sites("headroom", "Limit minus load")

    def _of_sites(self, what: str, meaning: str) -> Gauge:
        return self._gauge(f"site_{what}_watts", meaning, "site")

    def _gauge(self, what: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"commonwatt_{what}", meaning, labels, registry=self._registry)

    def request(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Record a request that was answered."""
        known = method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") else "other"
        self._requests.labels(known, route, status).observe(duration_s)

    def telemetry(self, ages_s: Mapping[str, float]) -> None:
        """Set the age of the newest reading from each source."""
        self._telemetry_age.clear()
        for source, age_s in ages_s.items():
            self._telemetry_age.labels(source).set(age_s)

    def events(self, seen: Mapping[str, int]) -> None:
        """Set the number of events of each type since the start."""
        for name, count in seen.items():
            self._seen.labels(name).inc(count - self._counted.get(name, 0))
        self._counted = dict(seen)

    def operation(self, now: Operation) -> None:
        """Set the lags, the stopped streams, and the sessions and chargers of each site."""
        for gauge, counts in (
            (self._inputs_behind, now.inputs_behind),
            (self._series_behind, now.series_behind),
            (self._parked, now.parked),
        ):
            for name, count in counts.items():
                gauge.labels(name).set(count)
        for gauge in (self._sessions, self._chargers):
            gauge.clear()
        for (site_id, state), count in now.sessions.items():
            self._sessions.labels(site_id, state).set(count)
        for (site_id, connected), count in now.chargers.items():
            self._chargers.labels(site_id, int(connected)).set(count)

    def sites(self, points: Mapping[str, Point]) -> None:
        """Set the present load and limit of each site; unknown values are absent."""
        for gauge in (self._load, self._limit, self._headroom):
            gauge.clear()
        for site_id, point in points.items():
            if point.load_w is not None:
                self._load.labels(site_id).set(point.load_w)
            if point.limit_w is not None:
                self._limit.labels(site_id).set(point.limit_w)
            if point.load_w is not None and point.limit_w is not None:
                self._headroom.labels(site_id).set(point.limit_w - point.load_w)

    def text(self, ends: dict[int, int], applied: dict[int, int]) -> bytes:
        """The metrics as text. `ends`: the end of the events; `applied`: the position of the read models."""
        for partition, offset in ends.items():
            self._events.labels(partition).set(offset)
            self._applied.labels(partition).set(applied.get(partition, 0))
        return generate_latest(self._registry)
