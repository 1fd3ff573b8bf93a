"""A broker's storage: how it is made, and what the topics take of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.local import broker
from services.local.broker import Broker, Kafka, log_bytes
from services.local.brokers import Brokers
from services.local.java_server import JavaServerError
from tests.kafka import kafka

__all__ = ["kafka"]


def test_its_cluster_may_have_any_id(kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_cluster_id", lambda: "-" + "A" * 21)
    Kafka(tmp_path)
    assert "cluster.id=-AAA" in (tmp_path / "data" / "meta.properties").read_text()


@pytest.mark.parametrize("count", [1, 3])
def test_data_of_another_number_of_brokers_are_refused(tmp_path: Path, count: int) -> None:
    for number in (1, 2):
        (tmp_path / f"kafka-{number}" / "data").mkdir(parents=True)
    with pytest.raises(JavaServerError, match=f"^brokers: .* has the data of 2, so {count} can't go on with them$"):
        Brokers(tmp_path, count)


def test_the_segments_of_all_partitions_count_and_indexes_do_not(tmp_path: Path) -> None:
    for name, size in {"load.inputs-0/0.log": 10, "load.inputs-0/9.log": 5, "load.inputs-11/0.log": 1}.items():
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    (tmp_path / "data" / "load.inputs-0" / "0.index").write_bytes(b"x" * 100)
    (tmp_path / "data" / "log-start-offset-checkpoint").write_bytes(b"x" * 100)

    assert log_bytes(tmp_path) == {"load.inputs": 16}
