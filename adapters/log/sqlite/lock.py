"""One process writes a log: a lock file that the system lets go of, however the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from commands.ports.log import LogBusy

LOCK_FILE = "log.lock"


class WriterLock:
    """Held from creation to `release`. Raises `LogBusy`, naming the process that holds it."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode().strip() or "(unknown)"
            os.close(self._file)
            raise LogBusy(
                f"the log in {folder} is being written by process {holder}: stop that one first, or open read-only"
            ) from None
        # Overwritten in place, never truncated: on a full disk the block it has is all there is.
        os.pwrite(self._file, f"{os.getpid():<20}".encode(), 0)

    def release(self) -> None:
        os.close(self._file)
