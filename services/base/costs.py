"""The cost of a process, processor time and peak memory, read from /proc.

Written by hand because psutil knows no peak of resident memory. Where there is no /proc (macOS), reports have no costs.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_S = os.sysconf("SC_CLK_TCK")
KIB = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time, children that ended included, and the most memory that was resident at once."""

    cpu_s: float
    peak_bytes: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu_s + other.cpu_s, self.peak_bytes + other.peak_bytes)

    def to_json(self) -> dict[str, float]:
        """The cost as reports contain it."""
        return {"cpu_s": round(self.cpu_s, 2), "peak_mb": round(self.peak_bytes / 1e6, 1)}


def cost_of(pid: int, proc: Path = PROC) -> Cost | None:
    """The cost of a process; None where it is gone, or there is no /proc. A zombie has no memory."""
    try:
        spent = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        status = (proc / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    _, _, peak = status.partition("VmHWM:")
    return Cost(sum(map(int, spent[11:15])) / TICKS_S, int(peak.split()[0]) * KIB if peak else 0)


def family_cost(pid: int, proc: Path = PROC) -> Cost | None:
    """The cost of a process and of the children of its main thread; shared memory counts for each."""
    own = cost_of(pid, proc)
    if own is None:
        return None
    children = (proc / str(pid) / "task" / str(pid) / "children").read_text().split()
    return sum((cost for child in children if (cost := cost_of(int(child), proc))), own)


class Meter:
    """The cost of each service over all its processes, as last measured: so measure often."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._lives: dict[str, dict[int, Cost]] = defaultdict(dict)

    def measure(self, pids: Mapping[str, int]) -> None:
        for name, pid in pids.items():
            cost = cost_of(pid, self._proc)
            if cost is not None:
                before = self._lives[name].get(pid, cost)
                self._lives[name][pid] = Cost(cost.cpu_s, max(cost.peak_bytes, before.peak_bytes))

    def costs(self) -> dict[str, Cost]:
        """Of each service: the time of all its processes, the peak memory of the largest."""
        return {
            name: Cost(sum(life.cpu_s for life in lives.values()), max(life.peak_bytes for life in lives.values()))
            for name, lives in self._lives.items()
        }
