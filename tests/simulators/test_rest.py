import pytest

from simulators.rest import Api, Credentials, Refused, Unreachable
from tests.simulators.central_system import CentralSystem

SOMEBODY = Credentials("somebody@example.org", "her password")


async def test_an_answer_that_is_no_success_says_what_the_server_said():
    system = CentralSystem()
    async with system.rest() as url:
        api = Api(url, SOMEBODY)
        assert await api.post("/sites", {"id": "s"}) == {}
        assert system.rest_calls == [("POST", "/api/v1/sites", {"id": "s"})]
        with pytest.raises(Refused, match="404") as refusal:
            await api.get("/nowhere")
        assert refusal.value.status == 404
        await api.close()


async def test_without_an_answer_the_call_is_named():
    api = Api("http://127.0.0.1:1", SOMEBODY)
    with pytest.raises(Unreachable, match="POST /login"):
        await api.get("/sites")
    await api.close()


async def test_she_logs_in_once_and_again_when_her_token_is_over():
    system = CentralSystem()
    async with system.rest() as url:
        api = Api(url, SOMEBODY)
        await api.get("/sites/s/queue")
        await api.get("/sites/s/queue")
        assert system.logins == ["somebody@example.org"]
        system.key = "another key"
        assert await api.get("/sites/s/queue") == {"waiting": []}
        assert system.logins == ["somebody@example.org"] * 2
        await api.close()
