"""What makes another build of this source tree, and what does not."""

from __future__ import annotations

import pytest

from commands.sources import ROOT, closure
from processors.engine.build import LOCK, RULES, NotLocked, build_of, this_build
from services.composition.processors import all_processors
from tests.source_tree import copied, replaced

PARTS = ("domain", "commands", "processors", "projections", "adapters", LOCK)


@pytest.fixture
def root(tmp_path):
    """A copy of the tree; each test changes its own."""
    return copied(tmp_path, PARTS)


def test_a_copy_is_the_same_build(root):
    assert build_of(root) == this_build()


@pytest.mark.parametrize("processor", all_processors(), ids=lambda processor: processor.name)
def test_every_processor_is_part_of_the_build(processor):
    assert type(processor).__module__ in closure(ROOT, RULES).modules


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        pytest.param("domain/site/scheduling.py", '"""', '"""Reworded. ', id="a docstring of a rule"),
        pytest.param("domain/load_control/parameters.py", "\n\n", "\n# A comment.\n\n", id="a comment among rules"),
        pytest.param("adapters/notify/notices.py", "def ", "WORDS = 'New.'\n\n\ndef ", id="a notification"),
        pytest.param("domain/series/meter_buckets.py", "\n\n", "\nWIDTH = 1\n\n", id="buckets of a chart"),
        pytest.param("commands/ports/series.py", "\n\n", "\nWIDTH = 1\n\n", id="the port of the time series"),
        pytest.param("processors/engine/host.py", "DAY_MS = 24", "DAY_MS = 12", id="the host"),
        pytest.param("projections/sessions.py", "HELD = (", "HELD = ('x', ", id="a read model"),
        pytest.param(LOCK, "\nrich==", "\nrich==1", id="a package that no rule imports"),
        pytest.param(LOCK, "--hash=sha256:", "--hash=sha256:0", id="a hash in the lock"),
    ],
)
def test_what_decides_nothing_leaves_the_build_as_it_is(root, path, was, becomes):
    replaced(root / path, was, becomes)
    assert build_of(root) == this_build()


@pytest.mark.parametrize(
    ("path", "was", "becomes"),
    [
        pytest.param("processors/sites.py", "TICK_MS = 30_000", "TICK_MS = 40_000", id="a number in a processor"),
        pytest.param("domain/load_control/parameters.py", "_MS = ", "_MS = 1 + ", id="a number in a rule"),
        pytest.param("domain/records/vehicles.py", "session_id: str", "session_ref: str", id="a field of a record"),
        pytest.param("processors/routes.py", '("load", _site)', '("loads", _site)', id="a route"),
        pytest.param("commands/log/codec.py", 'order="sorted"', 'order="deterministic"', id="how a record is written"),
        pytest.param("domain/load_control/__init__.py", '"""', 'LOADED = True\n"""', id="a package's __init__"),
        pytest.param(LOCK, "\npydantic==", "\npydantic==1", id="a package that rules import"),
        pytest.param(LOCK, "\nannotated-types==", "\nannotated-types==1", id="a package that such a one needs"),
        pytest.param(LOCK, "\ntyping-extensions==", "\ntyping-extensions==1", id="one that several need"),
    ],
)
def test_what_decides_makes_another_build(root, path, was, becomes):
    replaced(root / path, was, becomes)
    assert build_of(root) != this_build()


def test_a_new_module_counts_from_when_a_rule_imports_it(root):
    (root / "domain/tariff.py").write_text("PRICE = 1\n")
    assert build_of(root) == this_build()
    replaced(root / "domain/site/queue.py", "\nfrom domain", "\nfrom domain.tariff import PRICE\nfrom domain")
    with_it = build_of(root)
    assert with_it != this_build()
    (root / "domain/tariff.py").write_text("PRICE = 2\n")
    assert build_of(root) != with_it


def test_a_package_that_is_not_locked_is_an_error(root):
    replaced(root / "domain/site/queue.py", "\nfrom domain", "\nimport unheard_of\nfrom domain")
    with pytest.raises(NotLocked, match="unheard-of"):
        build_of(root)
