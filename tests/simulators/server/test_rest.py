import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.server.ledger import Ledger
from simulators.server.rest import Api, Credentials, Refused, Unreachable
from tests.simulators.charger.central_system import CentralSystem

SOMEBODY = Credentials("somebody@example.org", "her password")


async def test_an_answer_that_is_no_success_says_what_the_server_said():
    system = CentralSystem()
    async with system.rest() as url:
        api = Api(url, SOMEBODY, Ledger())
        assert await api.post("/sites", {"id": "s"}) == {}
        assert system.rest_calls == [("POST", "/api/v1/sites", {"id": "s"})]
        with pytest.raises(Refused, match="404") as refusal:
            await api.get("/nowhere")
        assert refusal.value.status == 404
        await api.close()


async def test_without_an_answer_the_call_is_named():
    api = Api("http://127.0.0.1:1", SOMEBODY, Ledger())
    with pytest.raises(Unreachable, match="POST /login"):
        await api.get("/sites")
    await api.close()


async def test_she_logs_in_once_and_again_when_her_token_is_over():
    system = CentralSystem()
    async with system.rest() as url:
        api = Api(url, SOMEBODY, Ledger())
        await api.get("/sites/s/queue")
        await api.get("/sites/s/queue")
        assert system.logins == ["somebody@example.org"]
        system.key = "another key"
        assert await api.get("/sites/s/queue") == {"waiting": []}
        assert system.logins == ["somebody@example.org"] * 2
        await api.close()


async def test_who_is_patient_gives_up_in_the_end_and_says_how_long_it_took():
    api = Api("http://127.0.0.1:1", SOMEBODY, Ledger(), patience_s=0.2)
    with pytest.raises(Unreachable, match=r"POST /login.*the server did not come back within 0.2 s"):
        await api.get("/sites")
    await api.close()


class Unwell(CentralSystem):
    """Takes a site only at the third time; remembers under which keys it was asked."""

    def __init__(self):
        super().__init__()
        self.keys = []

    async def _created(self, request: Request) -> Response:
        self.keys.append(request.headers["Idempotency-Key"])
        await self._body(request)
        return JSONResponse({"id": "s"}, 503 if len(self.keys) < 3 else 201)


async def test_a_command_is_repeated_under_its_key_until_it_is_taken_and_then_stands_in_the_ledger():
    system = Unwell()
    async with system.rest() as url:
        api = Api(url, SOMEBODY, Ledger(), seed="1", patience_s=30)
        asked = asyncio.ensure_future(api.post("/sites", {"id": "s"}))
        assert api.ledger.to_json()["commands"] == []
        assert await asked == {"id": "s"}
        (key,) = set(system.keys)
        entry = {"method": "POST", "path": "/sites", "key": key, "status": 201, "id": "s"}
        assert api.ledger.to_json()["commands"] == [entry]
        await api.post("/sites", {"id": "t"})
        assert len(set(system.keys)) == 2
        await api.close()
