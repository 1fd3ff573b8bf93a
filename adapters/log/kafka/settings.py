"""The settings of the connection to Kafka's brokers, and its time-outs."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.log.kafka.errors import ErrorReporter

MESSAGE_LIMIT_BYTES = 33 * 2**20
"""The largest message that a broker accepts; a body may have 32 MiB of it."""


class KafkaSettings(BaseSettings):
    """Settings that are not given are read from the environment (`COMMONWATT_KAFKA_BROKERS` and so on)."""

    model_config = SettingsConfigDict(env_prefix="COMMONWATT_KAFKA_", frozen=True, hide_input_in_errors=True)

    brokers: str = Field(pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$")
    """HOST:PORT of some brokers, separated by commas; they name the others."""
    prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", max_length=100)
    """The prefix of the names of topics, groups and transactions, if several platforms share the brokers."""
    worker: str | None = Field(None, pattern=r"^[A-Za-z0-9._-]+$", max_length=100)
    """A lasting, unique name of this process: after a kill it aborts its own old transaction at once."""
    partitions: int | None = Field(None, ge=1, le=1000)
    """The number of partitions that every topic must have; by default that of `events`."""

    tls: bool = False
    ca_file: FilePath | None = None
    """PEM; by default the authorities that the system trusts."""
    certificate_file: FilePath | None = None
    key_file: FilePath | None = None
    key_password: SecretStr | None = None
    sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None

    session_timeout_ms: int = Field(10_000, ge=1_000)
    """A worker that is silent for this long loses its partitions."""
    transaction_timeout_ms: int = Field(10_000, ge=1_000)
    """The brokers abort a longer transaction: a dead worker's may block readers for this long."""
    confirm_timeout_s: float = Field(30.0, gt=0)
    """What is not confirmed by then raises an error."""
    attempt_timeout_s: float = Field(10.0, gt=0)
    """The time of one attempt of a transaction; after it, a fresh producer finds out its outcome."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file: set both or none")
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password: set both or none")
        if not self.tls and (self.ca_file or self.certificate_file):
            raise ValueError("tls: ca_file and certificate_file require it")
        if self.key_password and not self.key_file:
            raise ValueError("key_password: requires key_file")
        return self

    def client(self, **more: Any) -> dict[str, Any]:
        """The configuration of a client, by librdkafka's names."""
        security = ("SASL_" if self.username else "") + ("SSL" if self.tls else "PLAINTEXT")
        configuration = {
            "bootstrap.servers": self.brokers,
            "client.id": f"commonwatt-{self.worker or 'worker'}",
            "security.protocol": security,
            "ssl.ca.location": self.ca_file and str(self.ca_file),
            "ssl.certificate.location": self.certificate_file and str(self.certificate_file),
            "ssl.key.location": self.key_file and str(self.key_file),
            "ssl.key.password": self.key_password and self.key_password.get_secret_value(),
            "sasl.mechanism": self.sasl_mechanism if self.username else None,
            "sasl.username": self.username,
            "sasl.password": self.password and self.password.get_secret_value(),
            "log_level": 2,
            "retry.backoff.ms": 2,  # the default of 100 costs a transaction 160 ms
            "topic.metadata.refresh.interval.ms": 30_000,
        }
        return {name: value for name, value in configuration.items() if value is not None} | more

    def producer(self, **more: Any) -> dict[str, Any]:
        """The configuration of a producer whose confirmed records can't be lost, nor doubled by its own retries."""
        return self.client(
            **{
                "acks": "all",
                "enable.idempotence": True,
                # With more, a partition whose leader moves may refuse a producer's first records and accept the next;
                # then the client reports the first ones as confirmed, and they are lost.
                "max.in.flight.requests.per.connection": 1,
                "linger.ms": 0,
                "message.max.bytes": MESSAGE_LIMIT_BYTES,
                "message.timeout.ms": int(self.confirm_timeout_s * 1000),
            },
            **more,
        )

    def consumer(self, group: str, **more: Any) -> dict[str, Any]:
        """The configuration of a consumer that reads committed records only, and receives the ends of partitions."""
        return self.client(
            **{
                "group.id": self.prefix + group,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                # Used if the next record is deleted. A client at an offset that the brokers don't have goes there, too,
                # so readers skip records that they have read before.
                "auto.offset.reset": "earliest",
                "check.crcs": True,
                "fetch.message.max.bytes": MESSAGE_LIMIT_BYTES,
                "fetch.max.bytes": 2 * MESSAGE_LIMIT_BYTES,
                "fetch.error.backoff.ms": 20,
                "fetch.queue.backoff.ms": 10,
                "error_cb": ErrorReporter(),
            },
            **more,
        )
