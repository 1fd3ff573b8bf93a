"""The writer's lock: a lock file that the system releases however its process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from commands.ports.log import LogBusy

LOCK_FILE = "log.lock"


class WriterLock:
    """The lock from creation to `release`. Raises `LogBusy`, naming the process that writes."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            writer = os.pread(self._file, 20, 0).decode().strip() or "(unknown)"
            os.close(self._file)
            raise LogBusy(
                f"the log in {folder} is being written by process {writer}: stop that one first, or open read-only"
            ) from None
        # Overwritten in place, never truncated: on a full disk no other block is available.
        os.pwrite(self._file, f"{os.getpid():<20}".encode(), 0)

    def release(self) -> None:
        """Release the lock."""
        os.close(self._file)
