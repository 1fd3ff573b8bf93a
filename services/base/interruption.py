"""Commands that started servers are ended in order: what they started stops with them."""

from __future__ import annotations

import signal


def raise_on_signals() -> None:
    """Let SIGINT and SIGTERM raise `KeyboardInterrupt`; a shell lets SIGINT be ignored in the background."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
