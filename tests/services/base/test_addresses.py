"""Ports for servers that will be started again on them: nobody is given one that is somebody else's."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from services.base.addresses import lasting_ports
from tests.services.server import ROOT

HOLD = "from services.base.addresses import lasting_ports; print(*lasting_ports(2), flush=True); input()"


@pytest.fixture
def another() -> Iterator[subprocess.Popen[str]]:
    """A process that was given two ports, and on which nobody listens yet."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def test_what_another_process_was_given_is_not_given_until_it_ends(
    another: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert another.stdout is not None
    taken = [int(port) for port in another.stdout.readline().split()]
    mine = lasting_ports(1)
    draw, drawn = random.randrange, [*taken, *mine]
    monkeypatch.setattr(random, "randrange", lambda *bounds: drawn.pop(0) if drawn else draw(*bounds))
    (given,) = lasting_ports(1)
    assert drawn == []
    assert given not in [*taken, *mine]

    another.kill()
    another.wait()
    drawn[:] = taken
    assert lasting_ports(2) == taken


def test_at_its_end_a_process_leaves_nothing_unclosed() -> None:
    program = "from services.base.addresses import lasting_ports; lasting_ports(1)"
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
