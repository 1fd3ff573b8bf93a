"""Workers by Faust on a real broker: asked for by name (`-m kafka`)."""

from tests.adapters.log.kafka.conftest import kafka, log, settings

__all__ = ["kafka", "log", "settings"]
