"""DataTransfer (OCPP 1.6, 4.3): no vendor's extension is known here, which the answer says."""

from __future__ import annotations

from ocpp.v16 import call_result
from ocpp.v16.enums import DataTransferStatus

from adapters.ocpp.connected_charger import ConnectedCharger
from adapters.ocpp.v16.message import Message, SoftText


class DataTransfer(Message):
    vendorId: SoftText = ""


async def handle(_: DataTransfer, __: ConnectedCharger) -> call_result.DataTransfer:
    return call_result.DataTransfer(DataTransferStatus.unknown_vendor_id)
