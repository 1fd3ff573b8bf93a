"""A service as a process: its messages, signals and exit code."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from threading import Timer

import structlog
import typer

DRAIN_S = 25.0
"""Time to finish accepted work: a little less than a supervisor waits for the end of a service."""

log_line = structlog.get_logger("service")


def run_to_end(service: Coroutine[None, None, None]) -> None:
    """Run until SIGTERM, SIGINT or a failure. The exit code is 0 only after a signal."""
    import uvloop

    from services.base.logging import configure
    from services.base.memory import expect_lasting_objects

    expect_lasting_objects()
    configure()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        failures = runner.run(_failures(service))
    for failure in failures:
        typer.echo(failure, err=True)
    raise typer.Exit(1 if failures else 0)


def end_in_time() -> None:
    """Limit the time of an orderly end, which a thread that waits in a library would prolong for ever."""
    limit = Timer(DRAIN_S, _end_now)
    limit.daemon = True
    limit.start()


def _end_now() -> None:
    log_line.error("the service ends by force, it took too long to stop", seconds=DRAIN_S)
    os._exit(1)


async def _failures(service: Coroutine[None, None, None]) -> list[str]:
    """The reasons that ended the service; empty after a signal, once accepted work is finished."""
    from adapters.vault.keys import VaultError
    from commands.ports.database import DatabaseUnavailable
    from commands.ports.log import Fenced, LogError
    from projections.progress import Superseded
    from services.base.settings import SettingsError
    from services.composition.time_follower import ClockLost

    failures: list[str] = []
    try:
        await _until_stopped(service)
    except* Fenced as errors:
        failures += [f"Another worker took over, and this one wrote nothing since: {error}" for error in _each(errors)]
    except* LogError as errors:
        without = "The log can't be used, and nothing was acknowledged without it"
        failures += [f"{without}: {error}" for error in _each(errors)]
    except* (SettingsError, VaultError, DatabaseUnavailable, Superseded, ClockLost) as errors:
        failures += [str(error) for error in _each(errors)]
    return failures


async def _until_stopped(service: Coroutine[None, None, None]) -> None:
    running = asyncio.ensure_future(service)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        typer.echo("stopped")


def _each(error: BaseException) -> list[BaseException]:
    """The exceptions of a group and of the groups within it."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for inner in error.exceptions for leaf in _each(inner)]
