"""The benchmark of streams: it measures what it says, on a real broker, with the real peers."""

from collections import Counter

import pytest

from benchmarks import quix
from benchmarks.stream import bench
from benchmarks.stream.job import Job
from services.local.broker import Broker
from tests.kafka import kafka

__all__ = ["kafka"]


@pytest.fixture
def _peer() -> None:
    """Quix Streams is there."""
    try:
        quix.python()
    except quix.QuixError as error:
        pytest.skip(f"{error}; enable with: ./commonwatt bench stream")


@pytest.mark.usefixtures("_peer")
def test_each_engine_gives_every_input_one_output(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = {"BACKLOG": {20: 300, 20_000: 200}, "PACED": 20, "ROUNDS": 1}
    few = {engine: settings[:2] if engine == "raw" else settings[:1] for engine, settings in bench.SETTINGS.items()}
    for name, value in (tiny | {"SETTINGS": few}).items():
        monkeypatch.setattr(bench, name, value)

    found = bench.measure(kafka.address)

    cells = {(cell["engine"], cell["state_bytes"]): cell for cell in found["cells"]}
    assert cells.keys() == {(engine, size) for engine in ("commonwatt", "quix", "raw") for size in (20, 20_000)}
    for cell in cells.values():
        assert cell["exactly_once"]
        assert cell["outputs"] == cell["inputs"] >= 300
        assert cell["records_s"] > 0
        assert 0 < cell["p50_ms"] <= cell["p99_ms"]
    assert [(one["engine"], one["exactly_once"]) for one in found["tried"]] == [("raw", True)] * 4
    assert found["ratios"].keys() == {"20", "20000"}


def test_an_output_too_many_or_too_few_is_told() -> None:
    measured = bench.Measured(Job("raw", "localhost:1", "raw-1.", 20))

    for outputs in ({"a": 1, "b": 2}, {"a": 1}, {"a": 2}):
        measured.count(2, Counter(outputs))
        assert not measured.exactly_once
    measured.count(2, Counter({"a": 1, "b": 1}))
    assert measured.exactly_once
