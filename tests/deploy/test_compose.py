"""`compose.yaml` where there is no container engine: everything that it names is there."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import typer
import yaml
from pydantic_settings import BaseSettings

from adapters.log.kafka.settings import KafkaSettings
from commands.log.topics import PROCESSORS
from services.base.databases import Databases
from services.base.settings import SETTINGS_FILE, ProcessSettings
from services.cli.app import app
from services.cli.build import FILES, PACKAGES
from services.local import questdb

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PLATFORM = {name: service for name, service in SERVICES.items() if service["image"].startswith("commonwatt:")}
BROKERS = ("kafka-1", "kafka-2", "kafka-3")
JOBS = ("topics", "migrate")
SETTINGS: tuple[type[BaseSettings], ...] = (KafkaSettings, Databases, ProcessSettings)


def test_every_image_is_of_one_exact_version() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+(\.\d+)?(-alpine)?", service["image"]), name
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-slim", base) for base in bases)


def named(service: dict[str, Any], what: str) -> Iterator[str]:
    for one in service.get(what, ()):
        yield one.partition(":")[0] if isinstance(one, str) else one["source"]


def test_what_a_service_names_is_there() -> None:
    used: dict[str, set[str]] = {"volumes": set(), "secrets": set(), "networks": set()}
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= SERVICES.keys(), name
        for what, found in used.items():
            found.update(one for one in named(service, what) if not one.startswith("."))
        for source in named(service, "volumes"):
            assert not source.startswith(".") or (ROOT / source).exists(), source
    for what, found in used.items():
        assert found == COMPOSE[what].keys(), what


def test_who_waits_for_another_to_be_healthy_waits_for_one_that_tells() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for {other}"
            else:
                assert other in JOBS


def test_nobody_waits_in_a_circle() -> None:
    waiting = {name: set(service.get("depends_on", ())) for name, service in SERVICES.items()}
    while ready := {name for name, others in waiting.items() if not others}:
        waiting = {name: others - ready for name, others in waiting.items() if name not in ready}
    assert not waiting


def test_every_service_has_limits_and_ends_in_order() -> None:
    for name, service in SERVICES.items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory"}, name
        assert service["stop_grace_period"]
        assert service["restart"] == ("on-failure:5" if name in JOBS else "unless-stopped")


def test_all_parts_run_and_those_that_share_work_run_twice() -> None:
    said = {" ".join(service["command"]): service["deploy"].get("replicas", 1) for service in PLATFORM.values()}
    processors = {f"serve processor {name}": 2 for name in PROCESSORS}
    assert said == processors | {
        "topics": 1,
        "migrate": 1,
        "serve api": 2,
        "serve gateway": 2,
        "serve projector": 1,
        "serve telemetry": 2,
        "serve notifier": 1,
        "serve timekeeper": 1,
    }


def parsed(words: list[str]) -> str:
    """The command that these words call. Raises a usage error where there is none, or it takes something else."""
    group = typer.main.get_command(app)
    context = group.make_context("commonwatt", list(words))
    while hasattr(group, "resolve_command"):
        _, group, words = group.resolve_command(context, list(words))
        context = group.make_context(group.name, list(words), parent=context)
    return context.command_path


@pytest.mark.parametrize("name", PLATFORM)
def test_every_service_is_started_by_a_command(name: str) -> None:
    words = SERVICES[name]["command"]
    assert f"commonwatt {' '.join(words)}".startswith(parsed(words))


def test_what_is_no_command_is_seen() -> None:
    for words in (["serve", "nobody"], ["topics", "twice"], ["serve", "api", "--prot", "1"]):
        with pytest.raises(Exception, match=r"No such|unexpected"):
            parsed(words)


def test_each_gateway_has_the_name_of_its_container(tmp_path: Path) -> None:
    """Two of one name would give up each other's chargers."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$COMMONWATT_GATEWAY_ID" "$@"\n')
    python.chmod(0o755)
    gateway = SERVICES["gateway"]
    words = [word.replace("$$", "$") for word in gateway["entrypoint"] + gateway["command"]]
    path = f"{tmp_path}:{os.environ['PATH']}"
    said = subprocess.run(words, env={"PATH": path}, capture_output=True, text=True, check=True).stdout
    assert said.split() == [platform.node(), "-m", "services.cli", "serve", "gateway"]


def test_every_service_is_asked_where_it_answers() -> None:
    port = PLATFORM["load"]["environment"]["COMMONWATT_HEALTH_PORT"]
    for name, service in PLATFORM.items():
        asked = " ".join(service["healthcheck"].get("test", ()))
        assert (name in JOBS) == (service["healthcheck"] == {"disable": True})
        assert name in JOBS or f":{8000 if name == 'api' else port}/readyz" in asked


@pytest.mark.parametrize("name", PLATFORM)
def test_every_variable_is_a_setting(name: str) -> None:
    known = {SETTINGS_FILE} | {
        f"{one.model_config['env_prefix']}{field.upper()}" for one in SETTINGS for field in one.model_fields
    }
    assert PLATFORM[name]["environment"].keys() <= known


def test_the_settings_of_the_log_are_valid_and_name_all_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["api"]["environment"].items():
        monkeypatch.setenv(name, str(value))
    assert KafkaSettings().brokers == ",".join(f"{name}:9092" for name in BROKERS)


def test_brokers_agree_and_keep_every_record_three_times() -> None:
    own = ("KAFKA_NODE_ID", "KAFKA_ADVERTISED_LISTENERS")
    shared = [
        {name: value for name, value in SERVICES[broker]["environment"].items() if name not in own}
        for broker in BROKERS
    ]
    assert shared[0] == shared[1] == shared[2]
    assert shared[0]["KAFKA_CONTROLLER_QUORUM_VOTERS"] == ",".join(
        f"{SERVICES[broker]['environment']['KAFKA_NODE_ID']}@{broker}:9093" for broker in BROKERS
    )
    for broker in BROKERS:
        assert SERVICES[broker]["environment"]["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{broker}:9092"
        assert list(named(SERVICES[broker], "volumes")) == [broker]
    for name in ("OFFSETS_TOPIC", "TRANSACTION_STATE_LOG"):
        assert shared[0][f"KAFKA_{name}_REPLICATION_FACTOR"] == 3
    assert shared[0]["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] == shared[0]["KAFKA_MIN_INSYNC_REPLICAS"] == 2


def test_brokers_and_databases_are_inside_only() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in (*BROKERS, "postgres", "questdb", *PROCESSORS):
        assert SERVICES[name]["networks"] == ["inside"]
    published = {name for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy", "grafana"}
    assert all("outside" in SERVICES[name]["networks"] for name in published)


# Secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    copy(ROOT / "deploy/make-secrets", tmp_path)
    subprocess.run([tmp_path / "make-secrets"], check=True)
    return tmp_path / "secrets"


def test_secrets_are_drawn_once_and_shown_to_nobody(secrets: Path) -> None:
    drawn = {file.name: file.read_text() for file in secrets.iterdir()}
    assert {f"./deploy/secrets/{name}" for name in drawn} == {one["file"] for one in COMPOSE["secrets"].values()}
    assert secrets.stat().st_mode & 0o777 == 0o700
    passwords = [value for name, value in drawn.items() if name.endswith("_password")]
    assert all(re.fullmatch("[0-9a-f]{48}", password) for password in passwords)
    assert len(set(passwords)) == 3
    subprocess.run([secrets.parent / "make-secrets"], check=True)
    assert {file.name: file.read_text() for file in secrets.iterdir()} == drawn


def test_the_settings_that_are_drawn_name_the_databases_of_the_services(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTINGS_FILE, str(secrets / "settings"))
    databases = Databases.from_settings()
    assert databases.read_models_url is not None
    assert databases.vault_url is not None
    assert databases.time_series_url is not None
    postgres = SERVICES["postgres"]
    for url in (databases.read_models_url, databases.vault_url):
        assert (url.host, url.port) == ("postgres", 5432)
        assert url.username == postgres["environment"]["POSTGRES_USER"]
        assert url.password == (secrets / "postgres_password").read_text()
        assert f"CREATE DATABASE {url.database};" in (ROOT / "deploy/postgres/databases.sql").read_text()
    assert databases.time_series_url.host == "questdb"
    assert databases.time_series_url.username == SERVICES["questdb"]["environment"]["QDB_PG_USER"]
    assert databases.time_series_url.password == (secrets / "questdb_password").read_text()


@pytest.mark.parametrize("name", ["CAIRO_COMMIT_MODE", "SHARED_WORKER_NAP_THRESHOLD", "SHARED_WORKER_SLEEP_THRESHOLD"])
def test_questdb_keeps_and_rests_as_the_one_of_the_tests(name: str) -> None:
    assert str(SERVICES["questdb"]["environment"][f"QDB_{name}"]) == questdb.SETTINGS[name]


def test_no_secret_is_in_the_repository_or_in_the_image() -> None:
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert "!deploy" not in ignored
    assert not [name for name in SERVICES if "PASSWORD:" in yaml.dump(SERVICES[name].get("environment", {}))]


# The image


def test_the_image_holds_all_that_runs_and_installs_by_hashes_for_nobody_s_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages <= kept
    assert {*PACKAGES, *FILES} <= kept, "the image can archive its source"
    assert all((ROOT / name).exists() for name in kept)
    assert "--require-hashes" in text
    assert "npm ci --omit=dev" in text
    assert re.search(r"^USER (?!root|0)\w+$", text, re.MULTILINE)
