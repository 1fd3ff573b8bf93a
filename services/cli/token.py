"""`./commonwatt token`: a bearer token for scripts on the machine that holds the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.base.databases import Databases

USER = Annotated[str, typer.Option(help="E-mail address of the account.")]
DATA = Annotated[Path, typer.Option(help="Folder of the vault.")]
MINUTES = Annotated[int, typer.Option(min=1, max=24 * 60, help="Lifetime of the token.")]


def token(user: USER, data: DATA = Path("data"), minutes: MINUTES = 60) -> None:
    """Print a short-lived bearer token of a user. It needs read access to the data folder."""
    import asyncio

    from adapters.vault.keys import VaultError
    from adapters.vault.vault import KEY_FILE
    from services.base.databases import Databases
    from services.base.settings import SettingsError

    if not (data / KEY_FILE).exists():
        typer.echo(f"there is no vault in {data}: name its folder with --data", err=True)
        raise typer.Exit(1)
    try:
        found = asyncio.run(_issue(user, data, Databases.from_settings(), minutes * 60))
    except (SettingsError, VaultError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if found is None:
        typer.echo(f"no account has the address {user}", err=True)
        raise typer.Exit(1)
    typer.echo(found)


async def _issue(email: str, data: Path, databases: Databases, lifetime_s: int) -> str | None:
    vault = databases.open_vault(data)
    try:
        account_id = await vault.accounts.with_email(email)
        return None if account_id is None else (await vault.tokens.issue(account_id, lifetime_s)).text
    finally:
        vault.close()
