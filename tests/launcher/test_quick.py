"""`--quick` leaves out what needs a server, a browser or minutes, by what a test asks for, and says so."""

import pytest

from tests.launcher.checkout import ROOT

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.fixture
def kafka(): ...

@pytest.fixture
def log(kafka): ...

@pytest.fixture(params=["sqlite", "postgresql"])
def url(request): return request.param

def test_rule(tmp_path): ...

def test_rule_of(kind="kafka"): ...

def test_database(url): ...

def test_record(log): ...

@pytest.mark.needs("sh", enable="-")
def test_browser(): ...

@pytest.mark.long
def test_chaos(): ...

@pytest.mark.server
def test_serve(): ...
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for what the conftest imports
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makeini("[pytest]\nmarkers =\n long\n server")
    pytester.makepyfile(
        **{"test_one": TESTS, "domain/test_e2e": "def test_e2e(): ...", "e2e/test_day": "def test(): ..."}
    )
    return pytester


def test_what_is_dear_is_left_out(suite):
    outcome = suite.runpytest_subprocess("-p", "no:asyncio", "--quick", "-v")
    outcome.assert_outcomes(passed=4, deselected=6)
    outcome.stdout.fnmatch_lines_random(
        [f"*{name} PASSED*" for name in ("::test_rule", "::test_rule_of", "::test_database[[]sqlite]", "::test_e2e")]
    )
    outcome.stdout.fnmatch_lines(["--quick left out: Kafka, PostgreSQL, QuestDB, *"])


def test_without_it_all_runs_and_nothing_is_said(suite):
    outcome = suite.runpytest_subprocess("-p", "no:asyncio")
    outcome.assert_outcomes(passed=10)
    outcome.stdout.no_fnmatch_line("*--quick*")
