"""The notifier in a process of its own: `python -m tests.adapters.log.kafka.faust.notifier SETTINGS FOLDER`."""

from __future__ import annotations

import sys

from services.parts.faust import notifier_part
from tests.adapters.log.kafka.faust.process import serve

if __name__ == "__main__":
    sys.exit(serve(*sys.argv[1:], notifier_part))
