"""The committed positions of a processor's group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, TopicPartition

from adapters.log.kafka.names import Names
from adapters.log.kafka.reader import committed
from adapters.log.kafka.settings import KafkaSettings
from commands.log import topics


class Positions:
    """How far the workers of a processor have committed its inputs.

    `patience_s`: how long others may need to release partitions, or until their transactions are decided.
    """

    def __init__(self, settings: KafkaSettings, names: Names, processor: str) -> None:
        self.patience_s = settings.transaction_timeout_ms / 1000 + settings.confirm_timeout_s
        self._settings = settings
        self._processor = processor
        self._topic = names.topic(topics.inputs(processor))

    def committed(self, partitions: Iterable[int]) -> list[TopicPartition]:
        """The positions once they are decided. Raises `LogError`.

        A client of its own asks: a member's may wait for a coordinator that has restarted, and receive no answer.
        """
        asking = Consumer(self._settings.consumer(self._processor))
        try:
            wanted = self.at(dict.fromkeys(partitions, 0))
            return committed(asking, wanted, self._processor, self.patience_s)
        finally:
            asking.close()

    def at(self, offsets: Mapping[int, int], mark: str = "") -> list[TopicPartition]:
        """Offsets of some partitions as librdkafka takes them, with `mark` as their metadata."""
        return [TopicPartition(self._topic, partition, offset, mark) for partition, offset in offsets.items()]
