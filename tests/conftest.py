"""What a machine can't run is skipped aloud: by name, with the command that would enable it.

    @pytest.mark.needs("chromium", "google-chrome", enable="sudo apt-get install chromium")

Under COMMONWATT_TEST_REQUIRE=all, as in CI, whatever is skipped has failed.
"""

import os
import shutil
from collections.abc import Generator

import pytest

Report = pytest.TestReport | pytest.CollectReport
EVERYTHING_REQUIRED = os.environ.get("COMMONWATT_TEST_REQUIRE") == "all"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs(*programs, enable): runs only where one of the programs is on the PATH; `enable` installs it"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for need in item.iter_markers("needs"):
        if not any(map(shutil.which, need.args)):
            pytest.skip(f"no {' or '.join(need.args)} here; enable with: {need.kwargs['enable']}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Report, Report]:
    return require((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Report, Report]:
    return require((yield))


def require(report: Report) -> Report:
    """Turn a skip into a failure, if everything is required. An expected failure is no skip."""
    if EVERYTHING_REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: required by COMMONWATT_TEST_REQUIRE=all, but {reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.getreports("skipped")
    if skipped:
        terminalreporter.section("did not run")
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {reason(report)}")


def reason(report: Report) -> str:
    """Why it was skipped: pytest keeps a triple of file, line and reason."""
    return report.longrepr[2].removeprefix("Skipped: ")
