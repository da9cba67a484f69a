"""The ingest on real engines: what it loads, that a repeat is nothing, and what survives a kill."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dlt
import pytest

from loaders.destination import PIPELINE, may_be_pending, pipelines_dir
from loaders.pipeline import IngestSummary, ingest, refill
from loaders.postgres import postgres_url
from loaders.schemas import KEYS, SCHEMAS, TABLES
from rowkeeper.core.errors import InputError, WarehouseError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from tests.helpers.postgres import DATABASE, PORT, USER, PostgresServer
from tests.helpers.samples import GID, make_samples

POSTGRES_TYPES = {"string": "text", "int64": "bigint", "bool": "boolean"}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("samples")
    return folder, make_samples(folder)


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> dict[str, Any]:
    """Who to be where, on the server of all tests, in a fresh database."""
    postgres_server.drop_database(DATABASE)
    postgres_server.create_database(DATABASE)
    place = {"host": postgres_server.host, "port": PORT, "dbname": DATABASE}
    return {**place, "user": USER, "password": "x"}


@pytest.fixture(params=["duckdb", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    if request.param == "duckdb":
        return Target(name="dev", type="duckdb", path=str(tmp_path / "ware house.duckdb"))
    return Target(name="prod", type="postgres", **request.getfixturevalue("postgres"))


@pytest.fixture
def duck(tmp_path: Path) -> Target:
    return Target(name="dev", type="duckdb", path=str(tmp_path / "rowkeeper.duckdb"))


def run(target: Target, data_dir: Path, **given: Any) -> IngestSummary:
    names = {"sheet": "sheet.source", "tab": "sheet.tab", "csv": "legacy_csv.paths"}
    overrides = {names[key]: value for key, value in given.items()}
    return ingest(load_settings({"data_dir": str(data_dir), **overrides}), target)


def query(target: Target, sql: str) -> list[tuple[Any, ...]]:
    with connect(target) as warehouse:
        return list(warehouse.query(sql))


def contents(target: Target) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: query(target, f"select * from raw.{table} order by {KEYS[table]}")
        for table in TABLES
    }


def test_everything_is_loaded_once(
    target: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]]
) -> None:
    folder, expected = samples
    given = {"sheet": str(folder / "sheet.html"), "csv": [str(folder / "output_21col.csv")]}
    first = run(target, tmp_path, **given)
    assert (first.changed, first.sheet_rows, first.legacy_files) == (True, 71, 1)
    before = contents(target)
    assert {table: len(rows) for table, rows in before.items()} == first.rows_loaded
    people = query(
        target,
        "select row_id, name, type from raw.sheet_rows where name not in ('', '---', 'Name')",
    )
    assert len(people) == expected["sheet_person_rows"]
    assert {i: name for i, name, _ in people} == expected["name_by_row_id"]
    assert {i: kind for i, _, kind in people} == expected["type_by_row_id"]
    assert query(target, "select distinct _dlt_load_id from raw.links") == [(first.load_id,)]
    assert query(target, "select count(*) from raw.links where _dlt_id is null") == [(0,)]
    again = run(target, tmp_path, **given)
    assert (again.changed, again.load_id) == (False, None)
    assert contents(target) == before


def test_nothing_still_makes_the_tables(target: Target, tmp_path: Path) -> None:
    summary = run(target, tmp_path)
    assert not summary.changed
    assert all(rows == [] for rows in contents(target).values())


def test_tables_that_stand_there_empty_are_filled(
    target: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]]
) -> None:
    with connect(target) as warehouse:
        warehouse.execute("create schema raw")
        for table in TABLES:
            columns = [
                f"{field.name} {POSTGRES_TYPES.get(str(field.type), 'timestamptz')}"
                for field in SCHEMAS[table]
            ]
            columns += ["_dlt_load_id text", "_dlt_id text"]
            warehouse.execute(f"create table raw.{table} ({', '.join(columns)})")
        warehouse.execute(
            "create table raw._dlt_loads (load_id text, schema_name text, status bigint, "
            "inserted_at timestamptz, schema_version_hash text)"
        )
    assert run(target, tmp_path, sheet=str(samples[0] / "sheet.html")).load_id
    assert query(target, "select count(*) from raw.sheet_rows") == [(71,)]


def test_a_changed_sheet_is_a_new_snapshot(
    target: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]]
) -> None:
    sheet = tmp_path / "sheet.html"
    old = (samples[0] / "sheet.html").read_text(encoding="utf-8")
    for body in (old, old.replace("HOLD", "DONE"), old):
        sheet.write_text(body, encoding="utf-8")
        assert run(target, tmp_path, sheet=str(sheet), tab=GID).sheet_changed
    assert query(target, "select count(*) from raw.sheet_rows") == [(3 * 71,)]
    hashes = query(target, "select content_sha256 from raw.sheet_snapshots order by observed_at")
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_bad_input_loads_nothing(
    duck: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("row_id\n1\n", encoding="utf-8")
    with pytest.raises(InputError):
        run(duck, tmp_path, sheet=str(samples[0] / "sheet.html"), csv=[str(bad)])
    assert not Path(str(duck.path)).exists()


@pytest.mark.parametrize("lost", ["state", "warehouse"])
def test_either_side_may_be_lost(
    duck: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]], lost: str
) -> None:
    given = {"sheet": str(samples[0] / "sheet.html")}
    run(duck, tmp_path, **given)
    if lost == "state":
        shutil.rmtree(pipelines_dir(tmp_path, duck.name))
    else:
        Path(str(duck.path)).unlink()
    assert not run(duck, tmp_path, **given).sheet_changed  # an empty warehouse is refilled first
    assert query(duck, "select count(*) from raw.sheet_rows") == [(71,)]


def test_an_empty_warehouse_is_filled_again_without_the_sources(
    target: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]]
) -> None:
    sheet = tmp_path / "sheet.html"
    old = (samples[0] / "sheet.html").read_text(encoding="utf-8")
    for body in (old, old.replace("HOLD", "DONE")):
        sheet.write_text(body, encoding="utf-8")
        run(target, tmp_path, sheet=str(sheet), csv=[str(samples[0] / "output_21col.csv")])
    before = facts(target)
    assert [len(before["sheet_snapshots"]), len(before["legacy_csv_files"])] == [2, 1]
    shutil.rmtree(pipelines_dir(tmp_path, target.name))
    with connect(target) as warehouse:
        warehouse.execute("drop schema raw cascade")
    settings = load_settings({"data_dir": str(tmp_path)})
    refill(settings, target)
    assert facts(target) == before
    loads = query(target, "select load_id from raw._dlt_loads")
    refill(settings, target)
    assert query(target, "select load_id from raw._dlt_loads") == loads
    assert not run(target, tmp_path, sheet=str(sheet)).sheet_changed


def facts(target: Target) -> dict[str, list[tuple[Any, ...]]]:
    """What the sources said, without what dlt adds."""
    return {
        table: query(
            target,
            f"select {', '.join(SCHEMAS[table].names)} from raw.{table} order by {KEYS[table]}",
        )
        for table in TABLES
    }


def test_a_locked_warehouse_is_one_sentence(duck: Target, tmp_path: Path) -> None:
    hold = f"import duckdb; c = duckdb.connect({duck.path!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(WarehouseError) as caught:
            run(duck, tmp_path)
        holder.communicate("\n")
    assert "\n" not in str(caught.value)


def test_a_warehouse_that_is_down_is_one_sentence(tmp_path: Path) -> None:
    down = Target(
        name="prod", type="postgres", host="127.0.0.1", port=9, user="u", password="p@/", dbname="d"
    )
    with pytest.raises(WarehouseError) as caught:
        run(down, tmp_path)
    assert "p@/" not in str(caught.value)
    assert postgres_url(down) == "postgresql://u:p%40%2F@127.0.0.1:9/d?client_encoding=UTF8"


KILL = """
import json, os, sys
from tests.loaders.test_pipeline import run
from rowkeeper.core.warehouse import Target
from dlt.destinations.job_client_impl import SqlJobClientBase
from dlt.pipeline.pipeline import Pipeline
point, target, data_dir, sheet = sys.argv[1:]
def die(*args, **kwargs):
    os._exit(9)
if point == "before load":
    Pipeline.load = die
elif point == "before the mark":
    SqlJobClientBase.complete_load = die
run(Target(**json.loads(target)), data_dir, sheet=sheet)
"""


def _said(target: Target) -> str:
    names = ("name", "type", "path", "host", "port", "user", "password", "dbname")
    return json.dumps({name: getattr(target, name) for name in names})


@pytest.mark.parametrize("point", ["before load", "before the mark"])
def test_a_killed_load_is_finished_once(
    target: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]], point: str
) -> None:
    sheet = str(samples[0] / "sheet.html")
    killed = subprocess.run(
        [sys.executable, "-c", KILL, point, _said(target), str(tmp_path), sheet],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr.decode()
    run(target, tmp_path, sheet=sheet)
    assert query(target, "select count(*), count(distinct row_key) from raw.sheet_rows") == [
        (71, 71)
    ]
    assert query(target, "select count(*) from raw.sheet_snapshots") == [(1,)]
    assert not run(target, tmp_path, sheet=sheet).changed


def test_what_is_pending_is_seen_without_dlt(tmp_path: Path) -> None:
    assert not may_be_pending(tmp_path)
    warehouse = dlt.destinations.duckdb(str(tmp_path / "rowkeeper.duckdb"))
    pipeline = dlt.pipeline(PIPELINE, str(tmp_path), destination=warehouse)
    steps = (
        lambda: pipeline.extract([{"id": 1}], table_name="rows"),
        pipeline.normalize,
        pipeline.load,
    )
    seen = []
    for step in (*steps, *steps):  # the second package finds the folders of the first
        step()
        seen.append((may_be_pending(tmp_path), pipeline.has_pending_data))
    assert seen == 2 * [(True, True), (True, True), (False, False)]
    shutil.rmtree(tmp_path / PIPELINE / "load")
    assert may_be_pending(tmp_path)


NOTHING_NEW = """
import json, sys
from tests.loaders.test_pipeline import Path, Target, run
target, data_dir, sheet = json.loads(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
for heavy in [name for name in sys.modules if name.partition(".")[0] == "dlt"]:
    del sys.modules[heavy]
assert not run(Target(**target), data_dir, sheet=sheet).changed
print("dlt" in sys.modules)
"""


def test_an_ingest_of_what_is_held_does_not_import_dlt(
    target: Target, tmp_path: Path, samples: tuple[Path, dict[str, Any]]
) -> None:
    sheet = str(samples[0] / "sheet.html")
    run(target, tmp_path, sheet=sheet)
    command = [sys.executable, "-c", NOTHING_NEW, _said(target), str(tmp_path), sheet]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.check_output(command, env=environ, text=True).split() == ["False"]


def test_the_right_sheet_after_a_wrong_one_is_the_newest_again(
    duck: Target, samples: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    right, wrong = samples[0] / "sheet.html", tmp_path / "wrong.html"
    wrong.write_text(right.read_text("utf-8").replace("DONE", "WRONG"), "utf-8")
    changed = []
    for path in (right, wrong, right, right):
        flags = {"sheet.source": str(path), "data_dir": str(tmp_path / "data")}
        changed.append(ingest(load_settings(flags), duck).sheet_changed)
    assert changed == [True, True, True, False]
    with connect(duck) as warehouse:
        newest = warehouse.query(
            "select source from raw.sheet_snapshots order by observed_at desc limit 1"
        )
        keys = warehouse.query(
            "select count(*), count(distinct snapshot_id) from raw.sheet_snapshots"
        )
    assert newest == [(str(right),)]
    assert keys == [(3, 3)]
