"""Both engines: each test that asks for ``engine`` runs on a fresh DuckDB and a fresh Postgres."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from demo.site import SHEET_URL, Demo, make_demo
from loaders.pipeline import ingest
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, load_target
from rowkeeper.workspace.context import Context
from tests.fakes.internet import FakeInternet
from tests.helpers.postgres import DATABASE, PostgresServer, start_postgres
from tests.helpers.samples import make_samples

# how long an example takes says how busy the machine is
settings.register_profile("rowkeeper", deadline=None)
settings.load_profile("rowkeeper")


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


@pytest.fixture(params=["duckdb", "postgres"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


@pytest.fixture
def loaded(engine: Target, tmp_path: Path) -> tuple[Context, dict[str, Any]]:
    """A warehouse with a sheet and the newest CSV in raw."""
    expected = make_samples(tmp_path / "samples", 30, 3)
    sources = {
        "sheet.source": str(tmp_path / "samples" / "sheet.html"),
        "legacy_csv.paths": [str(tmp_path / "samples" / "output_21col.csv")],
    }
    context = Context(load_settings(sources), engine)
    ingest(context.settings, engine)
    return context, expected


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """The demo's website and CSV, with fewer people."""
    return make_demo(tmp_path / "sources", people=16)


@pytest.fixture
def internet(demo: Demo, engine: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    """That website on loopback; ``rowkeeper run`` finds it and the CSV through the environment."""
    with FakeInternet(demo.site) as found:
        monkeypatch.setenv("ROWKEEPER_NETWORK_PROXY", found.proxy)
        monkeypatch.setenv("ROWKEEPER_NETWORK_CA_FILE", str(found.ca_file))
        monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", SHEET_URL)
        monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", str(demo.legacy_csv))
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_BACKOFF_S", "0.01")
        yield found
