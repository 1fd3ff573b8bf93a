"""A story of the registry: given these commands, when one more comes, then these events follow.

given(ENTERPRISE, APPROVE).when(SUSPEND).then(EnterpriseSuspended(enterprise_id="e"))
when(changed(SITE, firm_w=-1)).then_rejected("firm_w")
"""

from __future__ import annotations

from typing import Any

from domain.records import Payload, Record, input_record
from domain.records.registry import (
    ApproveEnterprise,
    NodeSpec,
    RegisterAccount,
    RegisterCharger,
    RegisterEnterprise,
    RegisterSite,
    RegisterVehicle,
    SuspendEnterprise,
)
from domain.records.time import InputRejected
from processors.engine.stream import Step, fresh, step
from processors.registry import Registry
from processors.registry.entity import EntityState

NOW_MS = 1_000_000_000
ROOT = NodeSpec(id="site", parent=None, kind="site", limit_w=40_000)
TRANSFORMER = NodeSpec(id="t", parent="site", kind="transformer", limit_w=30_000)
PANEL = NodeSpec(id="p", parent="t", kind="panel", limit_ma=(20_000, 20_000, 20_000))
CIRCUIT = NodeSpec(id="c", parent="p", kind="circuit")
SITE = RegisterSite(site_id="north", location_zone="z", firm_w=25_000, nodes=(ROOT, TRANSFORMER, PANEL, CIRCUIT))
CHARGER = RegisterCharger(
    charger_id="CP1", site_id="north", node="p", phases=(0, 1, 2), max_ma=32_000, min_ma=6_000, voltage_mv=230_000
)
VEHICLE = RegisterVehicle(vehicle_id="v", battery_wh=60_000, max_ma=16_000, phases=3)
DRIVER = RegisterAccount(account_id="d", role="driver", enterprise_id=None)
ADMIN = RegisterAccount(account_id="a", role="enterprise_admin", enterprise_id="e")
ENTERPRISE = RegisterEnterprise(enterprise_id="e", kind="emergency")
APPROVE = ApproveEnterprise(enterprise_id="e", daily_grants=20)
SUSPEND = SuspendEnterprise(enterprise_id="e")


class Story:
    """One stream of the registry. Each command has the id `i0`, `i1`, ... and comes a millisecond after the last."""

    def __init__(self, key: str) -> None:
        self.stream = f"registry:{key}"
        self.count = 0
        self.last: Step = Step(fresh(Registry(), self.stream))

    def when(self, command: Payload) -> Story:
        """One command is decided."""
        given = input_record(f"i{self.count}", "/test", self.stream, NOW_MS + self.count, command, actor="t")
        self.count += 1
        self.last = step(Registry(), self.last.after, given, "b")
        return self

    def then(self, *events: Payload) -> Story:
        """The last command led to exactly these events."""
        assert [event.data for event in self.events] == list(events)
        return self

    def then_rejected(self, field: str, reason: str | None = None) -> Story:
        """The last command was rejected by this field, for a reason with these words."""
        [event] = self.events
        assert isinstance(event.data, InputRejected)
        assert event.data.field == field
        assert reason is None or reason in event.data.reason
        assert event.data.input_id == f"i{self.count - 1}"
        return self

    @property
    def events(self) -> tuple[Record, ...]:
        """The events of the last command."""
        return self.last.events

    @property
    def state(self) -> EntityState:
        """The state of the entity after the last command."""
        return self.last.after.state


def given(*commands: Payload, key: str = "site:north") -> Story:
    """A new stream in which these commands were accepted."""
    story = Story(key)
    for command in commands:
        story.when(command)
        assert not any(isinstance(event.data, InputRejected) for event in story.events)
    return story


def when(command: Payload, key: str = "site:north") -> Story:
    """The first command of a new stream."""
    return given(key=key).when(command)


def changed(command: Payload, **different: Any) -> Payload:
    """The command with other values."""
    return command.model_copy(update=different)
