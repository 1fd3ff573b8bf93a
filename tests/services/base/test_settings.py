"""Settings of a process: what is not possible is refused with the variable's name and the reason."""

from __future__ import annotations

import pytest

from services.base.settings import ProcessSettings, SettingsError


def test_pings_can_be_turned_off_and_proxies_be_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWATT_PING_S", "0")
    monkeypatch.setenv("COMMONWATT_TRUSTED_PROXIES", "10.0.0.1, 172.16.0.0/12")
    settings = ProcessSettings.from_settings()
    assert (settings.ping_s, settings.trusted_proxies) == (0, "10.0.0.1, 172.16.0.0/12")


def test_a_proxy_is_an_address_or_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWATT_TRUSTED_PROXIES", "proxy.example")
    with pytest.raises(SettingsError, match=r"COMMONWATT_TRUSTED_PROXIES: a list of addresses or networks is needed"):
        ProcessSettings.from_settings()
