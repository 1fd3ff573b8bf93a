import pytest

from simulators.rest import Api, Refused, Unreachable
from tests.simulators.central_system import CentralSystem


async def test_an_answer_that_is_no_success_says_what_the_server_said():
    system = CentralSystem()
    async with system.rest() as url:
        api = Api(url, system.key)
        assert await api.post("/sites", {"id": "s"}) == {}
        assert system.rest_calls == [("POST", "/api/v1/sites", {"id": "s"})]
        with pytest.raises(Refused, match="404") as refusal:
            await api.get("/nowhere")
        assert refusal.value.status == 404
        await api.close()


async def test_without_an_answer_the_call_is_named():
    api = Api("http://127.0.0.1:1", "key")
    with pytest.raises(Unreachable, match="GET /sites"):
        await api.get("/sites")
    await api.close()
