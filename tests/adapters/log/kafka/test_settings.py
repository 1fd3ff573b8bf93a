"""TLS and SASL: what is set reaches the client, what does not fit together is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from pydantic import ValidationError

from adapters.log.kafka.settings import KafkaSettings

BROKERS = "a.example:9092,b.example:9092"


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    file = tmp_path / "file.pem"
    file.write_text("-----BEGIN CERTIFICATE-----")
    return file


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWATT_KAFKA_BROKERS", BROKERS)
    monkeypatch.setenv("COMMONWATT_KAFKA_USERNAME", "commonwatt")
    monkeypatch.setenv("COMMONWATT_KAFKA_PASSWORD", "secret")
    monkeypatch.setenv("COMMONWATT_KAFKA_TLS", "true")
    settings = KafkaSettings()
    told = settings.client()
    assert told["bootstrap.servers"] == BROKERS
    assert told["security.protocol"] == "SASL_SSL"
    assert (told["sasl.mechanism"], told["sasl.username"], told["sasl.password"]) == (
        "SCRAM-SHA-512",
        "commonwatt",
        "secret",
    )
    assert "secret" not in repr(settings)
    AdminClient(told)  # librdkafka knows every name


def test_a_client_may_show_a_certificate(pem: Path) -> None:
    told = KafkaSettings(brokers=BROKERS, tls=True, ca_file=pem, certificate_file=pem, key_file=pem).client()
    assert told["security.protocol"] == "SSL"
    assert {told[f"ssl.{name}.location"] for name in ("ca", "certificate", "key")} == {str(pem)}


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"brokers": "a.example"}, "brokers"),
        ({"tls": True, "ca_file": "/no/such/file"}, "ca_file"),
        ({"username": "commonwatt"}, "username and password"),
        ({"sasl_mechanism": "PLAIN"}, "sasl_mechanism"),
        ({"session_timeout_ms": 10}, "session_timeout_ms"),
        ({"worker": "a b"}, "worker"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(told: dict, named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        KafkaSettings(**({"brokers": BROKERS} | told))


def test_a_refusal_does_not_show_the_password() -> None:
    with pytest.raises(ValidationError, match="tls: ca_file") as refused:
        KafkaSettings(brokers=BROKERS, ca_file=__file__, username="commonwatt", password="secret")
    assert "secret" not in str(refused.value)


def test_files_fit_together(pem: Path) -> None:
    with pytest.raises(ValidationError, match="certificate_file and key_file"):
        KafkaSettings(brokers=BROKERS, tls=True, certificate_file=pem)
    with pytest.raises(ValidationError, match="tls: ca_file"):
        KafkaSettings(brokers=BROKERS, ca_file=pem)
    with pytest.raises(ValidationError, match="key_password"):
        KafkaSettings(brokers=BROKERS, tls=True, key_password="secret")
