"""A telemetry worker in a process of its own.

`python -m tests.adapters.log.kafka.faust.worker SETTINGS FOLDER KILL_AT [AFTER]`

Around batch number KILL_AT (0: never) it dies as by kill -9: before the batch is kept, or (AFTER) before it is
acknowledged. While a file `away` is in the folder, the series are away. It says which batches it kept.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from adapters.log.kafka.settings import KafkaSettings
from adapters.timeseries.sqlite import SqliteSeries
from commands.ports.series import SeriesUnavailable
from services.parts.base import Base
from services.parts.faust import FaustPart, telemetry_part
from tests.adapters.log.kafka.faust.process import serve


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


class Mortal(SqliteSeries):
    away: Path
    kill_at = 0
    after = False
    batches = 0

    async def write(self, topic, after, rows):
        if self.away.exists():
            say("away")
            raise SeriesUnavailable("away")
        self.batches += 1
        if self.batches == self.kill_at and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        await super().write(topic, after, rows)
        if self.batches == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        say(f"kept {len(rows)}")


def main(settings: str, folder: str, kill_at: str, *after: str) -> None:
    series = Mortal.open(Path(folder))
    series.away, series.kill_at, series.after = Path(folder) / "away", int(kill_at), bool(after)

    def part(base: Base, kafka: KafkaSettings) -> FaustPart:
        base.series = series
        return telemetry_part(base, kafka)

    code = serve(settings, folder, part)
    series.close()
    say("done")
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
