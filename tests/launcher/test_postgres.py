"""The PostgreSQL of the tests: where there is none that is said, and what was started is gone at the end."""

import tempfile
from pathlib import Path

import psutil
import pytest

from services.local import postgres as server
from tests import postgres


def test_without_its_package_it_is_missing_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(server, "PACKAGE", "no_such_package")
    with pytest.raises(postgres.Missing, match="the package no_such_package is not installed"):
        postgres.shared(tmp_path / "shared")


def test_what_was_shared_is_stopped_and_gone():
    folder = Path(tempfile.mkdtemp(prefix="commonwatt-postgres-"))
    first = postgres.shared(folder)
    second = postgres.shared(folder)
    assert (first.port, first.password) == (second.port, second.password)
    family = first._family()
    postgres.end_shared(folder)
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert len(gone) == len(family)
    assert alive == []
    assert not folder.exists()
