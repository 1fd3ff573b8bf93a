"""A child process of a test, and the lines of its standard output."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

ROOT = Path(__file__).resolve().parents[2]


class ChildProcess:
    """Runs until it ends by itself or `end` is called. Only a failing test waits for `patience_s`."""

    def __init__(self, command: Sequence[str], patience_s: float) -> None:
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._patience_s = patience_s
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._listener = Thread(target=self._listen)
        self._listener.start()

    async def line(self, word: str) -> str:
        """Wait for the line that begins with a word."""
        while not (line := await asyncio.to_thread(self._lines.get, timeout=self._patience_s)).startswith(word):
            pass
        return line

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._listener.join()
        self.process.stdout.close()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line.strip())
