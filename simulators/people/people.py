"""Registration of people and their cars on the server."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from simulators.people.day import Visit
from simulators.people.vin import vin
from simulators.server.rest import Api, Credentials


async def register_user(operator: Api, email: str, role: str, enterprise_id: str | None = None) -> Credentials:
    """Add a user with an account of their own. Raises `Refused`, `Unreachable`."""
    credentials = Credentials(email, secrets.token_urlsafe())
    await operator.post("/users", {**asdict(credentials), "role": role, "enterprise_id": enterprise_id})
    return credentials


async def register_car(driver: Api, number: int, visit: Visit, token: str) -> str:
    """A driver's own car; its id. Raises `Refused`, `Unreachable`."""
    vehicle = await driver.post(
        "/vehicles",
        {
            "vin": vin(number),
            "battery_kwh": visit.battery_kwh,
            "max_a": visit.max_current_a,
            "phases": 1,
            "token": token,
        },
    )
    return str(vehicle["id"])
