"""Signals for commands that start servers: an orderly end, which stops the servers too."""

from __future__ import annotations

import signal


def raise_on_signals() -> None:
    """Let SIGINT and SIGTERM raise `KeyboardInterrupt`; in the background a shell ignores SIGINT otherwise."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
