"""Two runs at once: from two data folders on one Postgres each medium is fetched once."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from downloaders.base import Request
from rowkeeper.core.errors import BusyError
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import claimed, run_lock, tables_lock
from tests.fakes.clients import request_for
from tests.fakes.internet import FakeInternet

RUN = "import sys; from rowkeeper.cli import run_command; sys.exit(run_command(['run']))"
FETCHED = """
select provider, media_id, asset_kind, count(*)
from raw.asset_events
where event_type = 'downloaded' and details not like '%same_file_as%'
group by provider, media_id, asset_kind
"""


def test_a_data_folder_has_one_run(tmp_path: Path) -> None:
    context = Context(Settings(data_dir=tmp_path), Target(name="dev", type="duckdb"))
    with run_lock(context), pytest.raises(BusyError), run_lock(context):
        raise AssertionError
    with run_lock(context):
        pass


def test_a_data_folder_keeps_its_id(tmp_path: Path) -> None:
    assert folder_id(tmp_path / "a") == folder_id(tmp_path / "a") != folder_id(tmp_path / "b")
    made = {path.name for path in (tmp_path / "a" / "journal").iterdir()}
    assert made == {"folder.id", "folder.id.lock"}
    (tmp_path / "a" / "journal").rename(tmp_path / "moved")
    (tmp_path / "c").mkdir()
    (tmp_path / "moved").rename(tmp_path / "c" / "journal")
    assert folder_id(tmp_path / "c") != folder_id(tmp_path / "a")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_claim_holds_until_its_end(engine: Target, tmp_path: Path) -> None:
    requests = [request_for("drive", "file", f"file{n}", row_id=str(n % 2)) for n in range(4)]
    requests.append(request_for("drive", "file", "file0", row_id="9"))
    gone = request_for("drive", "file", "fetched meanwhile")
    with connect(engine) as warehouse:
        warehouse.execute(f"create schema if not exists {engine.schema}")
        warehouse.execute(f"create table {engine.schema}.pending_downloads (asset_id text)")
        rereads = f"{engine.schema}.pending_rereads"
        warehouse.execute(f"create table {rereads} (asset_id text, attempt integer)")
        again = request_for("drive", "folder", "due again", attempt=2)
        earlier = replace(again, attempt=1)
        warehouse.execute(f"insert into {rereads} values (?, ?)", [again.asset_id, again.attempt])
        for item in requests:
            sql = f"insert into {engine.schema}.pending_downloads values (?)"
            warehouse.execute(sql, [item.asset_id])
    context = Context(Settings(data_dir=tmp_path), engine)

    def names(requests: list[Request]) -> list[str]:
        return [item.media_id for item in requests]

    with claimed(context, [*requests[:2], gone]) as first, claimed(context, requests) as second:
        assert names(first) == ["file0", "file1"]
        assert names(second) == ["file2", "file3"]
    with claimed(context, [*requests, earlier, again]) as third, tables_lock(context):
        assert third == [*requests, again]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_two_runs_fetch_each_medium_once(
    engine: Target, internet: FakeInternet, tmp_path: Path
) -> None:
    shared = {**os.environ, "ROWKEEPER_STORE_URL": (tmp_path / "archive").as_uri()}
    runs = []
    for name in ("a", "b"):
        folder = tmp_path / name
        own = {"ROWKEEPER_DATA_DIR": str(folder), "DBT_TARGET_PATH": str(folder / "dbt")}
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", RUN],
                env={**shared, **own},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    for run in runs:
        said, _ = run.communicate(timeout=500)
        assert run.returncode == 0, said
    with connect(engine) as warehouse:
        fetched = warehouse.query(FETCHED)
        [[waiting]] = warehouse.query(
            f"select count(*) from {engine.schema}.assets where download_status = 'pending'"
        )
        folders = warehouse.query("select distinct data_folder from intermediate.int_assets")
        open_ones = warehouse.query(
            f"select 1 from {engine.schema}.download_sessions where status <> 'completed'"
        )
    assert {count for *_, count in fetched} == {1}
    assert waiting == 0
    assert {folder for (folder,) in folders if folder} <= {
        folder_id(tmp_path / name) for name in ("a", "b")
    }
    assert open_ones == []
