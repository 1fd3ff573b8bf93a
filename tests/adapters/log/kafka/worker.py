"""A worker in a process of its own, `python -m tests.adapters.log.kafka.worker SETTINGS STOP_AT`; it says what it does.

At commit number STOP_AT (0: never) it stops itself as by SIGSTOP, between the offsets and the end of the transaction.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from threading import get_ident

from adapters.log.kafka.input_transactions import InputTransactions
from adapters.log.kafka.log import KafkaLog
from adapters.log.kafka.settings import KafkaSettings
from commands.ports.log import Fenced
from processors.engine.host import Host
from tests.processors.counting import Counting


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def stop_after_the_offsets_of(number: int) -> None:
    send_offsets = InputTransactions._send_offsets
    commits = 0

    def send_and_stop(self, positions, producer) -> None:
        nonlocal commits
        send_offsets(self, positions, producer)
        commits += 1
        if commits == number:
            say("stopped")
            signal.pthread_kill(
                get_ident(), signal.SIGSTOP
            )  # this thread itself obeys it at once, and with it all others
            say("awake")

    InputTransactions._send_offsets = send_and_stop


async def work(settings: KafkaSettings) -> None:
    log = KafkaLog.open(settings)
    host = Host(Counting(), log, "b1")
    closing: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: closing.append(asyncio.create_task(host.consumer.close())))
    try:
        await host.restore()
        say("ready")
        await host.run()
        say("done")
    except Fenced as reason:
        say(f"fenced: {reason}")
    finally:
        await log.close()
        await asyncio.gather(*closing)


if __name__ == "__main__":
    stop_after_the_offsets_of(int(sys.argv[2]))
    asyncio.run(work(KafkaSettings.model_validate_json(sys.argv[1])))
