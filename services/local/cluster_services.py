"""The services of a local cluster: how many of each, on which ports, with which settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from commands.log.topics import PROCESSORS
from services.base.addresses import HOST, lasting_ports
from services.local.supervisor import Service

CLOCK = "clock"
QUICK = {"COMMONWATT_KAFKA_SESSION_TIMEOUT_MS": "6000", "COMMONWATT_KAFKA_TRANSACTION_TIMEOUT_MS": "6000"}
"""On one machine a silence of this length means death. The caller's own settings take precedence."""


@dataclass(frozen=True, slots=True)
class Member:
    """A service and its addresses: `port` for its clients (0: it has none), `health` for /livez and so on."""

    service: Service
    health: str
    port: int = 0


def members(data: Path, servers: Mapping[str, str], workers: int, gateways: int, apis: int) -> list[Member]:
    """The members of a cluster."""
    settings = QUICK | {name: os.environ[name] for name in QUICK if name in os.environ} | dict(servers)
    shared = settings | {"COMMONWATT_DATA": str(data), "COMMONWATT_HOST": HOST}
    return [*_members(shared, workers, gateways, apis)]


def simulated(following: Sequence[Member], starts: datetime) -> list[Member]:
    """The members on simulated time, with the time coordinator; its port is that of the control socket."""
    clock, control, health = lasting_ports(3)
    arguments = ["clock", "--start", starts.isoformat(), "--services", str(len(following))]
    arguments += ["--clock-port", str(clock), "--control-port", str(control), "--health-port", str(health)]
    variables = following[0].service.variables
    leader = Service(CLOCK, arguments, {**variables, "COMMONWATT_KAFKA_WORKER": CLOCK})
    followers = [replace(one, service=_following(one.service, f"{HOST}:{clock}")) for one in following]
    return [Member(leader, f"http://{HOST}:{health}", control), *followers]


def _following(service: Service, clock: str) -> Service:
    return replace(service, variables={**service.variables, "COMMONWATT_CLOCK": clock})


def _members(shared: Mapping[str, str], workers: int, gateways: int, apis: int) -> Iterator[Member]:
    for name in PROCESSORS:
        for number in range(1, workers + 1):
            yield _member(shared, f"processor-{name}-{number}", "processor", name)
    for name in ("projector", "timekeeper"):
        yield _member(shared, name, name)
    for name in ("telemetry", "notifier"):
        for number in range(1, workers + 1):
            yield _member(shared, f"{name}-{number}", name)
    for number in range(1, gateways + 1):
        yield _member(shared, f"gateway-{number}", "gateway", port="COMMONWATT_OCPP_PORT")
    for number in range(1, apis + 1):
        yield _member(shared, f"api-{number}", "api", port="COMMONWATT_API_PORT")


def _member(shared: Mapping[str, str], name: str, *arguments: str, port: str | None = None) -> Member:
    """A service on ports that stay its own when it is started again."""
    health, clients = lasting_ports(2)
    if arguments == ("api",):
        health = clients
    variables = {
        **shared,
        "COMMONWATT_KAFKA_WORKER": name,
        "COMMONWATT_GATEWAY_ID": name,
        "COMMONWATT_HEALTH_PORT": str(health),
    }
    if port is not None:
        variables[port] = str(clients)
    return Member(Service(name, arguments, variables), f"http://{HOST}:{health}", clients if port else 0)
