"""Prometheus and Grafana: what they ask for is exported, what they scrape is a service, and alarms say what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from domain.records import TYPES
from tests.deploy.metrics import asked, exported
from tests.deploy.test_compose import COMPOSE, JOBS, PLATFORM, SERVICES

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())
GROUPS = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())["groups"]
RULES = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/commonwatt.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
QUERIES = [rule["expr"] for rule in RULES.values()] + [
    target["expr"] for panel in PANELS.values() for target in panel["targets"]
]
LEGENDS = [(target["legendFormat"], target["expr"]) for panel in PANELS.values() for target in panel["targets"]]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_what_is_exported(query: str) -> None:
    known = exported()
    for name, labels in asked(query).items():
        assert name in known
        assert labels <= set().union(*(known[other] for other in asked(query))), f"{name} has no such label"


@pytest.mark.parametrize("query", ["sum(", "rate(x[5])", "up{job}", 'up{job="a"', "sum by (site (up)", "a $ b"])
def test_what_is_no_query_is_seen(query: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        asked(query)


def test_a_query_is_taken_apart() -> None:
    query = 'sum by (le) (rate(a_b{c=~"d|e", f!="g"}[5m])) / up > 0.01'
    assert asked(query) == {"a_b": {"c", "f", "le"}, "up": {"le"}}


def test_events_that_are_asked_for_are_record_types() -> None:
    named = {name for query in QUERIES for names in re.findall(r'type=~"([^"]*)"', query) for name in names.split("|")}
    assert named
    assert named <= TYPES.keys()


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_what_happened_and_how_bad_it_is(name: str) -> None:
    rule = RULES[name]
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[sm]", rule.get("for", "0s"))
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"]
    assert rule["annotations"].keys() <= {"summary", "description"}
    kept = set(re.findall(r"by \(([^()]*)\)", rule["expr"])) | {"job", "instance"}
    for label in re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())):
        assert label in kept, f"{name} tells of {label}, which its expression does not keep"


def test_an_alert_has_one_name_and_what_matters_most_has_one() -> None:
    assert len(RULES) == sum(len(group["rules"]) for group in GROUPS)
    critical = {name for name, rule in RULES.items() if rule["labels"]["severity"] == "critical"}
    assert critical >= {"SiteOverLimit", "SafetyAlarm", "StreamParked", "ProcessorBehind", "NoApi"}


def test_what_is_scraped_is_a_service() -> None:
    assert PROMETHEUS["rule_files"] == ["alerts.yaml"]
    jobs = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}
    assert jobs["commonwatt"]["dns_sd_configs"][0]["names"] == ["api"]
    assert {"api", *jobs["services"]["dns_sd_configs"][0]["names"]} == PLATFORM.keys() - {*JOBS}
    port = PLATFORM["load"]["environment"]["COMMONWATT_HEALTH_PORT"]
    assert jobs["services"]["dns_sd_configs"][0]["port"] == port
    for job in jobs.values():
        hosts = [name for one in job.get("dns_sd_configs", ()) for name in one["names"]]
        hosts += [target.partition(":")[0] for one in job.get("static_configs", ()) for target in one["targets"]]
        assert hosts
        assert set(hosts) <= {*SERVICES, "localhost"}
    named = set(re.findall(r'job="(\w+)"', " ".join(QUERIES)))
    assert named <= jobs.keys()


def mounts(service: str) -> dict[str, Path]:
    """Where in the container -> what of the repository."""
    volumes = [volume.split(":") for volume in SERVICES[service]["volumes"]]
    return {there: DEPLOY.parent / here for here, there, *_ in volumes if here.startswith(".")}


def test_prometheus_finds_its_files() -> None:
    [file] = re.findall("--config.file=(.*)", "\n".join(SERVICES["prometheus"]["command"]))
    folder, name = file.rsplit("/", 1)
    assert (mounts("prometheus")[folder] / name).is_file()


def test_grafana_finds_its_data_and_its_dashboards() -> None:
    provisioned = mounts("grafana")["/etc/grafana/provisioning"]
    [source] = yaml.safe_load((provisioned / "datasources/prometheus.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    [provider] = yaml.safe_load((provisioned / "dashboards/commonwatt.yaml").read_text())["providers"]
    assert (mounts("grafana")[provider["options"]["path"]] / "commonwatt.json").is_file()
    for panel in PANELS.values():
        assert {panel["datasource"]["uid"], *(one["datasource"]["uid"] for one in panel["targets"])} == {source["uid"]}
    assert "grafana" in COMPOSE["volumes"]


def test_the_dashboard_shows_what_an_operator_needs() -> None:
    assert PANELS.keys() >= {
        "Load against limit",
        "Cars",
        "Inputs behind",
        "Decisions",
        "Stopped streams",
        "Chargers connected (OCPP)",
        "Time to a decision",
        "Time series behind",
    }
    assert len(PANELS) == len(DASHBOARD["panels"]), "a title twice"
    places = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in PANELS.values()
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(places) == len(set(places)), "panels overlap"
    assert max(x for x, _ in places) < 24


@pytest.mark.parametrize(("legend", "query"), LEGENDS)
def test_a_legend_names_labels_that_are_left(legend: str, query: str) -> None:
    kept = {label.strip() for labels in re.findall(r"by \(([^()]*)\)", query) for label in labels.split(",")}
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= kept


def test_no_address_of_another_place_is_in_it() -> None:
    assert "://" not in json.dumps(DASHBOARD)
