"""The first start: the operator's API key is drawn and printed, this once."""

from __future__ import annotations

import typer

from adapters.vault import Vault
from commands.ports import Clock


async def tell_credentials(vault: Vault, clock: Clock) -> None:
    """Draw and print a key where there is none yet; it is kept as a hash only."""
    if not await vault.has_api_keys():
        key = await vault.new_api_key("operator", clock.now_ms())
        typer.echo(f"The operator's API key, shown this once: {key}")
