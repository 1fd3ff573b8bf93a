"""The worker `raw`: the least that exactly once takes, a bare loop on confluent-kafka without any format of its own."""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

WAIT_S = 0.1
PATIENCE_S = 30


def work(job: dict[str, Any]) -> None:
    """Run until SIGTERM: one transaction a batch, with its outputs, the states that it changed, and the offsets.

    With the setting `every_state` a state is written for each input, else the last of each key, as the others do. None
    is written where no topic is named for them.
    """
    common = {"bootstrap.servers": job["brokers"], "retry.backoff.ms": 2}
    settings = job["settings"]
    consumer = Consumer(
        common
        | {
            "group.id": job["prefix"] + "raw",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 10,
        }
    )
    producer = Producer(
        common | {"transactional.id": job["prefix"] + "raw", "acks": "all", "linger.ms": settings["linger_ms"]}
    )
    producer.init_transactions(PATIENCE_S)
    consumer.subscribe([job["inputs"]])
    states: dict[bytes, bytes] = {}
    size = job["state_bytes"]
    while not stopping:
        first = consumer.poll(WAIT_S)
        if first is None:
            continue
        producer.begin_transaction()
        ends: dict[int, int] = {}
        changed: dict[bytes, bytes] = {}
        for message in [first, *consumer.consume(settings["batch"] - 1, 0)]:
            key, value, partition, offset = message.key(), message.value(), message.partition(), message.offset()
            assert key is not None
            assert value is not None
            assert partition is not None
            assert offset is not None
            if job["states"] is not None:
                seen = int(states.get(key, b"0")[-12:]) + 1
                states[key] = changed[key] = b"%0*d" % (size, seen)
                if settings["every_state"]:
                    produce(producer, job["states"], key, states[key])
            produce(producer, job["outputs"], key, value, partition)
            ends[partition] = offset + 1
        if not settings["every_state"]:
            for key, state in changed.items():
                produce(producer, job["states"], key, state)
        offsets = [TopicPartition(job["inputs"], partition, offset) for partition, offset in ends.items()]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), PATIENCE_S)
        producer.commit_transaction(PATIENCE_S)
    consumer.close()


def produce(producer: Producer, topic: str, key: bytes, value: bytes, partition: int = -1) -> None:
    """Hand over a record, waiting for room where too many are under way."""
    while True:
        try:
            producer.produce(topic, value, key, partition)
            return
        except BufferError:
            producer.poll(WAIT_S)


stopping = False


def stop(*_: object) -> None:
    global stopping
    stopping = True


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    work(json.loads(sys.argv[1]))
