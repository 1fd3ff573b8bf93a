from __future__ import annotations

import pytest

from tests.adapters.ocpp.v16.charger import Station


@pytest.fixture
def station() -> Station:
    """The charger CP1, connected."""
    return Station()
