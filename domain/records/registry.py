"""What the community consists of: sites with their electrical tree, chargers, vehicles, accounts, enterprises.

No personal data: names, e-mail addresses and VINs are in the vault, under the opaque ids that are here.
"""

from __future__ import annotations

from typing import Literal

from domain.records.catalogue import Payload, record_type

Role = Literal["driver", "enterprise_admin", "operator"]
EnterpriseKind = Literal["emergency", "fleet"]


class NodeSpec(Payload):
    """A node of a site's tree; `limit_ma` per phase L1, L2, L3, `limit_w` in total."""

    id: str
    parent: str | None
    kind: Literal["site", "transformer", "panel", "circuit"]
    limit_ma: tuple[int, int, int] | None = None
    limit_w: int | None = None


@record_type("registry.register_site.v1", "command")
class RegisterSite(Payload):
    site_id: str
    location_zone: str
    firm_w: int
    """The lowest cap that the utility will ever ask for."""
    nodes: tuple[NodeSpec, ...]
    priority_reserve_w: int = 0
    """Kept free for emergency vehicles (P0), so that theirs is there at once."""
    walk_ups: bool = True
    """Whether a card that nobody knows may charge where nobody waits."""


class ConnectorSpec(Payload):
    """A connector (1.6) or EVSE (2.x) of a charger with several, and where its outlet hangs."""

    connector_id: int
    node: str
    phases: tuple[int, ...]
    max_ma: int
    min_ma: int


@record_type("registry.register_charger.v1", "command")
class RegisterCharger(Payload):
    """A charger and its outlets. Without `connectors` it has one outlet, as described by its own fields."""

    charger_id: str
    site_id: str
    node: str
    phases: tuple[int, ...]
    """Indices of the site's phases: 0 is L1."""
    max_ma: int
    min_ma: int
    voltage_mv: int
    connectors: tuple[ConnectorSpec, ...] = ()
    ocpp_id: str = ""
    """The identity by which it connects; empty: its id."""


@record_type("registry.register_vehicle.v1", "command")
class RegisterVehicle(Payload):
    vehicle_id: str
    battery_wh: int | None
    max_ma: int | None
    """What the car can draw per phase, where it is known."""
    phases: int
    owner_id: str | None = None
    """The account of the driver."""
    enterprise_id: str | None = None
    """Whose fleet it belongs to."""
    priority_eligible: bool = False
    """Its enterprise enrolled it as a unit that may have priority: one proof of several, never enough by itself."""


CardUse = Literal["active", "blocked", "removed"]


@record_type("registry.change_card.v1", "command")
class ChangeCard(Payload):
    """Whether a vehicle's card may be used: it was added, blocked, unblocked or removed. Its token is in the vault.

    `expires_ms`: from then on it may not; None: it does not expire.
    """

    vehicle_id: str
    token_ref: str
    use: CardUse
    expires_ms: int | None = None


@record_type("registry.register_account.v1", "command")
class RegisterAccount(Payload):
    """A person who may log in; `enterprise_id` is given where `role` is enterprise_admin, and only there."""

    account_id: str
    role: Role
    enterprise_id: str | None


@record_type("registry.register_enterprise.v1", "command")
class RegisterEnterprise(Payload):
    enterprise_id: str
    kind: EnterpriseKind


@record_type("registry.approve_enterprise.v1", "command")
class ApproveEnterprise(Payload):
    """An operator has verified the enterprise: its vehicles may have priority, `daily_grants` times in 24 h."""

    enterprise_id: str
    daily_grants: int


@record_type("registry.suspend_enterprise.v1", "command")
class SuspendEnterprise(Payload):
    """The enterprise has no priority until it is approved again; priority that its vehicles have ends."""

    enterprise_id: str


@record_type("registry.site_registered.v1", "event")
class SiteRegistered(Payload):
    site_id: str
    location_zone: str
    firm_w: int
    nodes: tuple[NodeSpec, ...]
    priority_reserve_w: int = 0
    walk_ups: bool = True


@record_type("registry.charger_registered.v1", "event")
class ChargerRegistered(Payload):
    charger_id: str
    site_id: str
    node: str
    phases: tuple[int, ...]
    max_ma: int
    min_ma: int
    voltage_mv: int
    connectors: tuple[ConnectorSpec, ...] = ()
    ocpp_id: str = ""


@record_type("registry.vehicle_registered.v1", "event")
class VehicleRegistered(Payload):
    vehicle_id: str
    battery_wh: int | None
    max_ma: int | None
    phases: int
    owner_id: str | None = None
    enterprise_id: str | None = None
    priority_eligible: bool = False


@record_type("registry.card_changed.v1", "event")
class CardChanged(Payload):
    """From now on the card may be used or not. A card that came with its vehicle's registration was added so."""

    vehicle_id: str
    token_ref: str
    use: CardUse
    expires_ms: int | None = None


@record_type("registry.account_registered.v1", "event")
class AccountRegistered(Payload):
    account_id: str
    role: Role
    enterprise_id: str | None


@record_type("registry.enterprise_registered.v1", "event")
class EnterpriseRegistered(Payload):
    enterprise_id: str
    kind: EnterpriseKind


@record_type("registry.enterprise_approved.v1", "event")
class EnterpriseApproved(Payload):
    enterprise_id: str
    kind: EnterpriseKind
    daily_grants: int


@record_type("registry.enterprise_suspended.v1", "event")
class EnterpriseSuspended(Payload):
    enterprise_id: str
