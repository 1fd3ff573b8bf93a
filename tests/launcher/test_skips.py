"""A skip is told by name with what would enable it; under COMMONWATT_TEST_REQUIRE=all it is a failure."""

import pytest

from tests.launcher.checkout import ROOT

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.mark.needs("no-such-browser", enable="sudo apt-get install no-such-browser")
def test_pages(): ...

@pytest.mark.needs("no-such-program", "sh", enable="-")
def test_shell(): ...

@pytest.mark.xfail(strict=True)
def test_known_bug(): assert False
"""
MODULE = "import pytest; pytest.skip('not on this machine', allow_module_level=True)"
REASON = "no no-such-browser here; enable with: sudo apt-get install no-such-browser"


@pytest.fixture
def suite(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for what the conftest imports
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile(test_one=TESTS, test_two=MODULE)
    return pytester


@pytest.mark.parametrize("workers", ["0", "1"])
def test_skips_are_named(suite, monkeypatch, workers):
    monkeypatch.delenv("COMMONWATT_TEST_REQUIRE", raising=False)
    outcome = suite.runpytest_subprocess("-n", workers)
    outcome.assert_outcomes(passed=1, skipped=2, xfailed=1)
    outcome.stdout.fnmatch_lines_random([f"test_one.py::test_pages: {REASON}", "test_two.py: not on this machine"])
    assert outcome.ret == 0


@pytest.mark.parametrize("workers", ["0", "1"])
def test_skips_fail_where_everything_is_required(suite, monkeypatch, workers):
    monkeypatch.setenv("COMMONWATT_TEST_REQUIRE", "all")
    outcome = suite.runpytest_subprocess("-n", workers, "--continue-on-collection-errors")
    outcome.stdout.fnmatch_lines_random([f"*test_one.py::test_pages: required by *, but {REASON}"])
    outcome.stdout.fnmatch_lines_random(["*test_two.py: required by *, but not on this machine"])
    assert outcome.ret != 0


@pytest.mark.parametrize(("without", "failed"), [("", 1), ("go", 0), ("java", 1)])
def test_what_nobody_serves_may_be_skipped_where_it_is_named(pytester, monkeypatch, without, failed):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COMMONWATT_TEST_REQUIRE", "all")
    monkeypatch.setenv("COMMONWATT_TEST_WITHOUT", without)
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile(
        test_stack="import pytest\n@pytest.mark.parametrize('stack', ['go'])\n"
        "def test_it(stack):\n    pytest.skip('no module')\n"
    )
    outcome = pytester.runpytest_subprocess("-n", "0")
    outcome.assert_outcomes(failed=failed, skipped=1 - failed)
