"""Accounts: exactly the administrators of enterprises name one."""

from __future__ import annotations

import pytest

from domain.records.registry import AccountRegistered
from tests.stories.registry import ADMIN, DRIVER, changed, when


@pytest.mark.parametrize("command", [DRIVER, ADMIN, changed(DRIVER, role="operator")])
def test_an_account_is_registered_as_it_was_described(command):
    story = when(command, f"account:{command.account_id}").then(AccountRegistered(**command.__dict__))
    assert story.state.account == AccountRegistered(**command.__dict__)


@pytest.mark.parametrize(
    "command", [changed(DRIVER, enterprise_id="e"), changed(ADMIN, enterprise_id=None), changed(ADMIN, role="operator")]
)
def test_a_role_that_does_not_fit_the_enterprise_is_rejected(command):
    when(command, f"account:{command.account_id}").then_rejected("enterprise_id")
