"""A service says at once, by name, which setting it can't use; nothing is opened then."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from services.base.settings import ProcessSettings
from services.composition.process import SERVICES
from tests.services.server import call

KAFKA = {"COMMONWATT_KAFKA_BROKERS": "127.0.0.1:9"}
URL = "postgresql://u:secret@127.0.0.1:9/db"
DATABASES = {f"COMMONWATT_{name}_URL": URL for name in ("READ_MODELS", "VAULT", "TIME_SERIES")}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (DATABASES, "COMMONWATT_KAFKA_BROKERS: services that run apart need the log on Kafka"),
        (DATABASES | {"COMMONWATT_KAFKA_BROKERS": "nowhere"}, "COMMONWATT_KAFKA_BROKERS: "),
        (KAFKA, "COMMONWATT_READ_MODELS_URL, COMMONWATT_VAULT_URL, COMMONWATT_TIME_SERIES_URL: services that run"),
        (KAFKA | DATABASES | {"COMMONWATT_HEALTH_PORT": "70000"}, "COMMONWATT_HEALTH_PORT: "),
        (KAFKA | DATABASES | {"COMMONWATT_TICK_S": "5"}, "COMMONWATT_TICK_S: "),
        (KAFKA | DATABASES | {"COMMONWATT_CLOCK": "noon"}, "COMMONWATT_CLOCK: "),
    ],
)
def test_a_setting_that_can_t_be_used_is_named(settings: dict[str, str], told: str, tmp_path: Path) -> None:
    refused = call("serve", "processor", "sites", "--data", str(tmp_path), settings=settings)
    assert refused.returncode == 1
    assert refused.stderr.startswith(told)
    assert "Traceback" not in refused.stderr
    assert "secret" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_settings_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(
        "\n".join(f"{name}={value}" for name, value in (DATABASES | KAFKA).items()) + "\nCOMMONWATT_TICK_S=5\n"
    )
    refused = call("serve", "timekeeper", settings={"COMMONWATT_SETTINGS": str(file)})
    assert refused.returncode == 1
    assert refused.stderr.startswith("COMMONWATT_TICK_S: ")


@pytest.mark.parametrize("service", ["api", "gateway", "processor", "projector", "telemetry", "timekeeper", "clock"])
def test_each_has_its_help(service: str) -> None:
    told = call("serve", service, "--help")
    assert told.returncode == 0
    assert f"serve {service}" in told.stdout


@pytest.mark.parametrize(
    ("service", "clock", "parts"),
    [
        ("gateway", None, ["outcomes", "gateway heartbeat", "gateway"]),
        ("gateway", "127.0.0.1:9", ["outcomes", "gateway"]),
        ("timekeeper", None, ["timekeeper", "gateway watch"]),
        ("timekeeper", "127.0.0.1:9", ["timekeeper"]),
    ],
)
def test_gateways_are_watched_on_real_time_only(service: str, clock: str | None, parts: list[str]) -> None:
    opened = dict.fromkeys(("log", "clock", "vault", "read_models", "outcomes", "tracer"))
    base = SimpleNamespace(settings=ProcessSettings(clock=clock), **opened)
    assert [part.name for part in SERVICES[service](base)] == parts
