"""The story of an entity, as the registry decides it.

given(ENTERPRISE, APPROVE).decide(SUSPEND).then(EnterpriseSuspended(enterprise_id="e"))
when(changed(SITE, firm_w=-1)).then_rejected("firm_w")
"""

from __future__ import annotations

from typing import Any, Self

from domain.records import Payload
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
from processors.registry import Registry
from tests.stories.story import Story

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


class RegistryStory(Story):
    """One stream of the registry: its inputs have the ids i1, i2, ..."""

    def __init__(self, key: str) -> None:
        super().__init__(Registry(), stream=f"registry:{key}")

    def decide(self, command: Payload) -> Self:
        """The last command of the story, as a link of a chain."""
        self.when(command)
        return self

    def then_rejected(self, field: str, reason: str = "") -> Self:
        """The last command was rejected by this field, for a reason with these words."""
        [event] = self.followed
        assert isinstance(event, InputRejected)
        assert event.field == field
        assert reason in event.reason
        assert event.input_id == self.inputs[-1].id
        return self


def given(*commands: Payload, key: str = "site:north") -> RegistryStory:
    """A new stream in which these commands were accepted."""
    story = RegistryStory(key).given(*commands)
    assert not any(isinstance(event, InputRejected) for event in story.events)
    return story


def when(command: Payload, key: str = "site:north") -> RegistryStory:
    """The first command of a new stream."""
    return given(key=key).decide(command)


def changed(command: Payload, **different: Any) -> Payload:
    """The command with other values."""
    return command.model_copy(update=different)
