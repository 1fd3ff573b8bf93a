"""The worker `quix`: Quix Streams, exactly once. Runs in an environment of its own, and imports nothing of ours."""

from __future__ import annotations

import json
import sys
from typing import Any

from quixstreams import Application, State

POLL_S = 0.005
"""After a last input Quix commits only when this is over; else its default of 1 s would be measured."""


def work(job: dict[str, Any]) -> None:
    """Run until SIGTERM. States are bytes, so that nothing is spent on a format."""
    settings, size = job["settings"], job["state_bytes"]
    application = Application(
        broker_address=job["brokers"],
        consumer_group=job["prefix"] + "quix",
        processing_guarantee="exactly-once",
        commit_interval=settings["commit_interval_s"],
        consumer_poll_timeout=POLL_S,
        auto_offset_reset="earliest",
        state_dir=job["folder"],
        producer_extra_config={"linger.ms": settings["linger_ms"], "retry.backoff.ms": 2},
        consumer_extra_config={"fetch.queue.backoff.ms": 10, "retry.backoff.ms": 2},
        loglevel="WARNING",
    )

    def keep(value: bytes, state: State) -> bytes:
        seen = int(state.get_bytes("seen", b"0")[-12:]) + 1
        state.set_bytes("seen", b"%0*d" % (size, seen))
        return value

    as_bytes = {"value_serializer": "bytes", "value_deserializer": "bytes"}
    frame = application.dataframe(application.topic(job["inputs"], **as_bytes))
    frame.apply(keep, stateful=True).to_topic(application.topic(job["outputs"], **as_bytes))
    application.run()


if __name__ == "__main__":
    work(json.loads(sys.argv[1]))
