"""A charge point on the `ocpp` package: see `tests.stacks.program`."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

AGAIN_S = 0.1
IN_AMPERES = {"measurand": "Current.Import", "unit": "A"}


def say(**event: Any) -> None:
    print(json.dumps(event, default=float), flush=True)


class Charger(ChargePoint):
    """Answers what the server asks. Fields are snake_case here, as the package gives them."""

    @on(Action.set_charging_profile)
    def set_charging_profile(self, **payload: Any) -> Any:
        return asked("SetChargingProfile", payload, call_result.SetChargingProfile("Accepted"))

    @on(Action.clear_charging_profile)
    def clear_charging_profile(self, **payload: Any) -> Any:
        return asked("ClearChargingProfile", payload, call_result.ClearChargingProfile("Accepted"))

    @on(Action.get_configuration)
    def get_configuration(self, **payload: Any) -> Any:
        known = [{"key": "NumberOfConnectors", "readonly": True, "value": "1"}]
        return asked("GetConfiguration", payload, call_result.GetConfiguration(known, []))

    @on(Action.change_configuration)
    def change_configuration(self, **payload: Any) -> Any:
        return asked("ChangeConfiguration", payload, call_result.ChangeConfiguration("Accepted"))

    @on(Action.trigger_message)
    def trigger_message(self, **payload: Any) -> Any:
        return asked("TriggerMessage", payload, call_result.TriggerMessage("Accepted"))

    @on(Action.remote_stop_transaction)
    def remote_stop_transaction(self, **payload: Any) -> Any:
        return asked("RemoteStopTransaction", payload, call_result.RemoteStopTransaction("Accepted"))

    @on(Action.remote_start_transaction)
    def remote_start_transaction(self, **payload: Any) -> Any:
        return asked("RemoteStartTransaction", payload, call_result.RemoteStartTransaction("Accepted"))

    @on(Action.unlock_connector)
    def unlock_connector(self, **payload: Any) -> Any:
        return asked("UnlockConnector", payload, call_result.UnlockConnector("Unlocked"))

    @on(Action.reset)
    def reset(self, **payload: Any) -> Any:
        return asked("Reset", payload, call_result.Reset("Accepted"))


def asked(action: str, payload: dict[str, Any], answer: Any) -> Any:
    say(asked=action, payload=camel(payload))
    return answer


def camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel_name(name): camel(one) for name, one in value.items()}
    return [camel(one) for one in value] if isinstance(value, list) else value


def camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class Line:
    """The present connection, and calls that wait for one: the package has no queue of its own."""

    def __init__(self, url: str, identity: str, password: str) -> None:
        self._url = f"{url}/{identity}"
        self._identity = identity
        basic = base64.b64encode(f"{identity}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}"}
        self._charger: Charger | None = None
        self._up = asyncio.Event()

    async def keep(self) -> None:
        """Connect, and again whenever the line was cut."""
        while True:
            try:
                async with connect(
                    self._url, subprotocols=["ocpp1.6"], additional_headers=self._headers, proxy=None
                ) as socket:
                    await self._serve(socket)
            except (OSError, WebSocketException):
                await asyncio.sleep(AGAIN_S)

    async def _serve(self, socket: ClientConnection) -> None:
        self._charger = Charger(self._identity, socket)
        self._up.set()
        say(line="up")
        try:
            await self._charger.start()
        finally:
            self._up.clear()
            say(line="down")

    async def call(self, request: Any) -> Any:
        """The answer; a call that the line was cut under is sent again."""
        while True:
            await self._up.wait()
            assert self._charger is not None
            try:
                return await self._charger.call(request, suppress=False)
            except WebSocketException:
                await asyncio.sleep(AGAIN_S)


async def handle(line: Line, given: dict[str, Any]) -> None:
    command = given["do"]
    try:
        answer = await line.call(request(command, given))
    except Exception as error:
        say(failed=command, why=repr(error))
        return
    said = {"status": getattr(answer, "status", None) or (getattr(answer, "id_tag_info", None) or {}).get("status")}
    say(done=command, transaction=getattr(answer, "transaction_id", None), **said)


def request(command: str, given: dict[str, Any]) -> Any:
    if command == "boot":
        return call.BootNotification("model", "python ocpp")
    if command == "status":
        return call.StatusNotification(1, "NoError", given["status"], timestamp=given["time"])
    if command == "authorize":
        return call.Authorize(given["token"])
    if command == "start":
        return call.StartTransaction(1, given["token"], given["wh"], given["time"])
    if command == "meter":
        samples = [
            {"value": str(given["wh"]), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": str(given["watts"]), "measurand": "Power.Active.Import", "unit": "W"},
            *(
                {**IN_AMPERES, "value": str(current), "phase": f"L{phase}"}
                for phase, current in enumerate(given["currents"], start=1)
            ),
        ]
        meter_value = [{"timestamp": given["time"], "sampledValue": samples}]
        return call.MeterValues(1, meter_value, transaction_id=given["transaction"])
    assert command == "stop"
    return call.StopTransaction(given["wh"], given["time"], given["transaction"], "Local", given["token"])


async def main() -> None:
    line = Line(*sys.argv[1:])
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = {loop.create_task(line.keep())}
    async for given in reader:
        tasks.add(loop.create_task(handle(line, json.loads(given))))
    for task in tasks:
        task.cancel()


asyncio.run(main())
