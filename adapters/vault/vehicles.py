"""The identities of vehicles in the vault: their VINs, under the vehicle ids that the log contains."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, LargeBinary, String, Table, bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from adapters.database import Database
from adapters.vault.cards import RULE, Cards
from adapters.vault.keys import Keys
from adapters.vault.tables import METADATA
from domain.errors import DomainError

VINS = Table(
    "vehicle_vins",
    METADATA,
    Column("vehicle_id", String, primary_key=True),
    Column("vin_mac", String, nullable=False, unique=True),
    Column("vin_sealed", LargeBinary, nullable=False),
)
VINS_OF = select(VINS.c.vehicle_id, VINS.c.vin_sealed).where(
    VINS.c.vehicle_id.in_(bindparam("vehicle_ids", expanding=True))
)


class VehicleIdentities:
    """VINs are sealed, so that they can be read again, and found by a keyed HMAC, in any case."""

    def __init__(self, database: Database, keys: Keys, cards: Cards) -> None:
        self._database = database
        self._keys = keys
        self._cards = cards

    async def add(self, vehicle_id: str, vin: str, token: str | None) -> None:
        """Store a VIN, and the token of the driver, under a vehicle id. Adding the same again changes nothing.

        Raises `DomainError` if the VIN or the token belongs to another vehicle; then nothing is stored.
        """
        vin_mac = self._vin_mac(vin)
        row = {"vehicle_id": vehicle_id, "vin_mac": vin_mac, "vin_sealed": self._keys.seal(vin.encode(), vehicle_id)}

        def work(connection: Connection) -> None:
            owner = connection.scalar(select(VINS.c.vehicle_id).where(VINS.c.vin_mac == vin_mac))
            if owner is None:
                connection.execute(VINS.insert(), row)
            elif owner != vehicle_id:
                raise DomainError("this VIN is registered already", field="vin", rule=RULE)
            if token is not None:
                self._cards.add_within(connection, vehicle_id, token)

        try:
            await self._database.write(work)
        except IntegrityError as error:
            raise DomainError("another request registered it at the same time", field="vin", rule=RULE) from error

    async def forget(self, vehicle_id: str) -> None:
        """Erase the VIN and the cards of a vehicle."""

        def work(connection: Connection) -> None:
            connection.execute(delete(VINS).where(VINS.c.vehicle_id == vehicle_id))
            self._cards.forget_within(connection, vehicle_id)

        await self._database.write(work)

    async def with_vin(self, vin: str) -> str | None:
        """The id of the vehicle with this VIN, or None."""
        query = select(VINS.c.vehicle_id).where(VINS.c.vin_mac == self._vin_mac(vin))
        return await self._database.read(lambda connection: connection.scalar(query))

    async def vins(self, vehicle_ids: Iterable[str]) -> dict[str, str]:
        """The VINs of the vehicles that are known, by vehicle id."""
        wanted = {"vehicle_ids": list(vehicle_ids)}
        rows = await self._database.read(lambda connection: connection.execute(VINS_OF, wanted).all())
        return {row.vehicle_id: self._keys.open(row.vin_sealed, row.vehicle_id).decode() for row in rows}

    def _vin_mac(self, vin: str) -> str:
        return self._keys.mac("vin", vin.upper())
