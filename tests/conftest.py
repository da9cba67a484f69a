"""Both engines: each test that asks for ``engine`` runs on a fresh DuckDB and a fresh Postgres."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from demo.site import SHEET_URL, Demo, make_demo
from loaders.pipeline import ingest
from rowkeeper.core.drain import create_tables
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace import build as module_of_builds
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fakes.internet import FakeInternet
from tests.helpers.postgres import DATABASE, PostgresServer, start_postgres
from tests.helpers.samples import make_samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OF_TABLES = {"dbt_project", "loaders", "migration", "workspace"}
TESTED = (*module_of_builds.LEFT_OUT, "--threads", "1")
"""Tests run beside each other: a second thread for each makes a build a sixth dearer."""
UNTESTED = (*TESTED[:2], "test", *TESTED[2:])

# how long an example takes says how busy the machine is
settings.register_profile("rowkeeper", deadline=None)
settings.load_profile("rowkeeper")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: while a test waits for a disk or a timer, others run."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """The rights that a command takes from what it makes, it takes from no later test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What rowkeeper remembers of data folders for a user, tests don't add to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests; ``engine`` makes a database in it.

    Not below pytest's own folder: every start of pytest shuts that to other users.
    """
    with (
        tempfile.TemporaryDirectory(
            prefix="rowkeeper-postgres-", ignore_cleanup_errors=True
        ) as folder,
        start_postgres(Path(folder) / "data") as server,
    ):
        server.forget_crashes()
        yield server


@pytest.fixture
def quicker_builds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Builds of this process cost a fifth less; the project as it is parsed is 400,000 objects,
    which the collector would walk through again and again."""
    from tests.helpers.quicker_dbt import make_quicker

    make_quicker(monkeypatch)
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    yield
    gc.set_threshold(*before)


@pytest.fixture(params=["duckdb", "postgres"])
def engine(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    quicker_builds: None,
) -> Iterator[Target]:
    """A fresh, empty warehouse; dbt, dlt and rowkeeper find it through the environment.

    The data folder is ``tmp_path / "data"``.
    """
    for name in list(os.environ):
        if name.startswith(("ROWKEEPER_", "DBT_")):
            monkeypatch.delenv(name)
    target_name = "dev" if request.param == "duckdb" else "prod"
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ROWKEEPER_DISK_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_PACE_DIR", str(tmp_path / "pace"))
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_RATES", "youtube=0, drive=0, docs=0, direct=0")
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_RETRY_AFTER_S", "0")
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_PAUSE_S", "0")
    monkeypatch.setenv("DBT_TARGET", target_name)
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "dbt" / target_name))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "dbt" / "logs"))
    (tmp_path / "data").mkdir()
    if request.param == "duckdb":
        yield load_target()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.drop_database(DATABASE)
    server.create_database(DATABASE)
    for name, value in server.environ(DATABASE).items():
        monkeypatch.setenv(name, value)
    yield load_target()
    server.drop_database(DATABASE)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A real Chromium, for one module: other tests have event loops of their own."""
    from tests.helpers.browser import open_browser

    with open_browser() as found:
        yield found


@pytest.fixture(scope="session")
def kept_warehouses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has a data folder for each engine and each warehouse that was kept."""
    return tmp_path_factory.mktemp("kept")


class Kept:
    """Warehouses that were made once and are copied: each is a data folder, and on Postgres a
    database beside it. The target folder of dbt in it spares other processes a parse."""

    def __init__(self, target: Target, folder: Path, data: Path, server: PostgresServer | None):
        self._target, self._folder, self._data, self._server = target, folder, data, server

    def copy_of(self, name: str, make: Callable[[], object]) -> None:
        """The warehouse ``name`` becomes the test's: a copy, once ``make`` has made it there."""
        kept = self._folder / name / self._target.name
        database = f"{DATABASE}_{name}"
        if kept.exists():
            shutil.copytree(kept, self._data, dirs_exist_ok=True)
            if self._server:
                self._server.copy_database(database, DATABASE)
            return
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module_of_builds, "LEFT_OUT", TESTED)
            make()
        shutil.copytree(self._data, kept)
        if self._server:
            self._server.copy_database(DATABASE, database)


@pytest.fixture
def kept(
    request: pytest.FixtureRequest, engine: Target, tmp_path: Path, kept_warehouses: Path
) -> Kept:
    is_server = engine.type == "postgres"
    server = request.getfixturevalue("postgres_server") if is_server else None
    return Kept(engine, kept_warehouses, tmp_path / "data", server)


@pytest.fixture
def ready(request: pytest.FixtureRequest, engine: Target, kept: Kept) -> Target:
    """A warehouse whose tables are there and empty: the first load makes no view anew. For the
    mark ``fresh`` there is none at all."""
    if request.node.get_closest_marker("fresh"):
        return engine

    def make() -> None:
        with connect(engine) as warehouse:
            create_tables(warehouse)
        build(Context(load_settings({}), engine))

    kept.copy_of("empty", make)
    return engine


@pytest.fixture
def loaded(engine: Target, tmp_path: Path) -> tuple[Context, dict[str, Any]]:
    """A warehouse with a sheet and the newest CSV in raw, and nothing else."""
    context, expected = _context_of_samples(engine, tmp_path)
    ingest(context.settings, engine)
    return context, expected


def _context_of_samples(engine: Target, folder: Path) -> tuple[Context, dict[str, Any]]:
    expected = make_samples(folder / "samples", 30, 3)
    sources = {
        "sheet.source": str(folder / "samples" / "sheet.html"),
        "legacy_csv.paths": [str(folder / "samples" / "output_21col.csv")],
    }
    return Context(load_settings(sources), engine), expected


@pytest.fixture
def built(engine: Target, tmp_path: Path, kept: Kept) -> tuple[Context, dict[str, Any]]:
    """What ``loaded`` has, after a whole build: one an engine, whose warehouse is then copied."""
    context, expected = _context_of_samples(engine, tmp_path)

    def make() -> None:
        ingest(context.settings, engine)
        build(context)

    kept.copy_of("built", make)
    return context, expected


@pytest.fixture(autouse=True)
def _untested_builds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds of this process run the data tests, half of what they cost, where the tables are the
    subject: in some rooms, and for the mark ``data_tests``."""
    is_tested = request.path.parent.name in OF_TABLES
    is_tested = is_tested or request.node.get_closest_marker("data_tests") is not None
    monkeypatch.setattr(module_of_builds, "LEFT_OUT", TESTED if is_tested else UNTESTED)


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """The demo's website and CSV, with fewer people."""
    return make_demo(tmp_path / "sources", people=16)


@pytest.fixture
def internet(demo: Demo, ready: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    """That website on loopback; ``rowkeeper run`` finds it and the CSV through the environment."""
    with FakeInternet(demo.site) as found:
        found.lead_here(monkeypatch)
        monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", SHEET_URL)
        monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", str(demo.legacy_csv))
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_BACKOFF_S", "0.01")
        yield found
