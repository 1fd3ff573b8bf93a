"""A server on simulated time that is started again: time goes on where its log ends, never back."""

import asyncio
import signal
from pathlib import Path

import pytest

from simulators.server.control import Control, ControlFailed
from simulators.server.ledger import Ledger
from simulators.server.rest import Api
from simulators.time.virtual_time import parse_ms
from tests.faults.supervisor import Place

STARTS = "2019-03-08T08:00:00+00:00"
LATER_MS = parse_ms(STARTS) + 3_600_000
PATIENCE_S = 60
SITE = {
    "id": "s1",
    "location": "z",
    "firm_kw": 1,
    "nodes": [{"id": "n", "parent": None, "kind": "site", "limit_kw": 9}],
}


async def test_simulated_time_goes_on_where_the_log_ends(tmp_path: Path) -> None:
    place = await asyncio.to_thread(Place.new, tmp_path / "data", STARTS)
    host, _, port = place.addresses.control.rpartition(":")
    api = Api(place.addresses.api, place.operator, Ledger(), patience_s=PATIENCE_S)
    server = place.start()
    try:
        control = await Control.connect(host, int(port), PATIENCE_S)
        await control.advance(LATER_MS, {})
        await api.post("/sites", SITE)
        server.kill()
        server.wait()
        server = place.start()
        with pytest.raises(ControlFailed, match=f"does not go back from {LATER_MS}"):
            await control.advance(LATER_MS - 1, {})
        assert (await control.advance(LATER_MS + 1, {})).now_ms == LATER_MS + 1
        await control.close()
        await api.close()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
