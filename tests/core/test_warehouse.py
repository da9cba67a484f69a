"""The target of profiles.yml, and what a connection does on both engines."""

import json
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from rowkeeper.core import duckdb_file as module
from rowkeeper.core.errors import DamagedWarehouseError, UsageError, WarehouseError
from rowkeeper.core.profiles import OWN_SCHEMAS, load_target
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Row, Target, connect

HOLDER = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


def test_the_profile_names_the_warehouse(tmp_path: Path) -> None:
    target = load_target(None, {"ROWKEEPER_DATA_DIR": str(tmp_path)})
    assert (target.name, target.type, target.schema) == ("dev", "duckdb", "main")
    assert target.path == str(tmp_path / "rowkeeper.duckdb")
    environ = {
        "DBT_TARGET": "prod",
        "ROWKEEPER_PG_HOST": "db.example",
        "ROWKEEPER_PG_PORT": "6543",
        "ROWKEEPER_PG_PASSWORD": "0123",
    }
    target = load_target(None, environ)
    assert (target.type, target.host, target.port) == ("postgres", "db.example", 6543)
    assert target.password == "0123"
    assert "0123" not in repr(target)
    assert "0123" not in target.where


OWN_PROFILE = """
rowkeeper:
  outputs:
    ours:
      {type: postgres, host: db, user: ann, pass: "0123", database: people, sslmode: require}
"""


def test_a_profile_of_ones_own_may_say_all_that_dbt_takes(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text(OWN_PROFILE, "utf-8")
    target = load_target("ours", {"DBT_PROFILES_DIR": str(tmp_path)})
    assert (target.user, target.password, target.dbname) == ("ann", "0123", "people")
    assert target.tls == (("sslmode", "require"),)


@pytest.mark.parametrize(
    ("profile", "name", "said"),
    [
        (OWN_PROFILE.replace("pass:", "role: boss, pass:"), "ours", "alter role ann set role = bo"),
        ("rowkeeper: {outputs: {dev: {type: duckdb, path: x}}}", "prd", "no target prd: .* dev"),
        ("rowkeeper: {outputs: {dev: {type: oracle}}}", "dev", "neither duckdb nor postgres"),
        ("rowkeeper: {target: \"{{ env_var('NOT_SET') }}\"}", None, "variable NOT_SET: set it"),
        ("rowkeeper: {target: '{{ 1 | no_filter }}'}", None, "can't be rendered"),
        ("rowkeeper: {outputs: {dev: {type: postgres, port: x}}}", "dev", "'x' is no number"),
        ("other: {}", None, "no readable profile rowkeeper"),
        ("a: b: c", None, "no readable profile rowkeeper"),
    ],
)
def test_a_profile_that_is_wrong_says_so(
    tmp_path: Path, profile: str, name: str | None, said: str
) -> None:
    (tmp_path / "profiles.yml").write_text(profile, "utf-8")
    with pytest.raises(UsageError, match=said):
        load_target(name, {"DBT_PROFILES_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    ("file", "schema", "is_taken"),
    [
        ("raw.duckdb", "main", True),
        ("Checks.db", "main", True),
        ("temp.duckdb", "main", True),
        ("team_staging.duckdb", "team", True),
        ("staging.duckdb", "team", False),
        ("memory.duckdb", "main", False),
    ],
)
def test_a_file_that_would_be_called_as_one_of_its_schemas_is_refused(
    tmp_path: Path, file: str, schema: str, is_taken: bool
) -> None:
    output = {"type": "duckdb", "path": str(tmp_path / file), "schema": schema}
    profile = {"rowkeeper": {"target": "dev", "outputs": {"dev": output}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile), "utf-8")
    with ExitStack() as stack:
        if is_taken:
            stack.enter_context(pytest.raises(UsageError, match=f"{file} would be called"))
        load_target(None, {"DBT_PROFILES_DIR": str(tmp_path)})


def test_the_schemas_of_the_project_are_known_by_name() -> None:
    project = (PROJECT_DIR / "dbt_project.yml").read_text("utf-8")
    assert set(OWN_SCHEMAS) == set(re.findall(r"\+schema: (\w+)", project))


def test_rows_become_records_by_the_names_of_their_columns(tmp_path: Path) -> None:
    target = Target(name="dev", type="duckdb", path=str(tmp_path / "x.duckdb"), schema="shown")
    with connect(target) as warehouse:
        warehouse.execute("create schema shown; create table {schema}.t as select 1 as n, 'a' as k")
        assert warehouse.records(dict, "select k, n from {schema}.t where k = ?", ["a"]) == [
            {"k": "a", "n": 1}
        ]
        assert warehouse.query("select '{schema}' = ?", ["{schema}"]) == [(False,)]
        assert warehouse.tables("shown") == {"t"}
        assert warehouse.columns("shown", "t") == {"n", "k"}
        assert not warehouse.tables("gone")
        assert not warehouse.columns("shown", "gone")


def test_text_comes_back_as_it_went_in(engine: Target) -> None:
    words = "50 % of 'it'; \"ü\" \\n ? %s \n {{ x }}"
    with connect(engine) as warehouse:
        warehouse.execute("create table t (k text primary key, n bigint)")
        warehouse.insert_new("t", ("k", "n"), [(words, 1), ("b", None)], "k")
        warehouse.insert_new("t", ("k", "n"), [(words, 2), ("c", 3), ("c", 4)], "k")
        assert warehouse.query("select n from t where k = ?", [words]) == [(1,)]
        assert warehouse.query("select k, n from t where k < 'd' and k like '_%' order by k")[-1][0]
        assert warehouse.query("select count(*) from t") == [(3,)]
        assert warehouse.select("select k, n from t")[0] == ["k", "n"]


def test_many_rows_come_back_as_they_went_in(engine: Target) -> None:
    odd = [
        "\\N",
        "\\.",
        "\\",
        "a\tb",
        "a\nb",
        "a\rb",
        "\r\n",
        "",
        " ",
        "NULL",
        "ü\u2028",
        '"',
        "\\t",
        "%s",
    ]
    rows: list[Row] = [(f"{n}{word}", word, n) for n in range(20) for word in odd]
    rows += [(f"{number}-", None, None) for number in range(20)]
    with connect(engine) as warehouse:
        warehouse.execute("create table t (k text primary key, word text, n bigint)")
        for _ in range(2):  # the second brings nothing new
            with warehouse.transaction():
                warehouse.insert_new("t", ("k", "word", "n"), [*rows, rows[0]], "k")
        stored = warehouse.query("select k, word, n from t")
        with pytest.raises(WarehouseError):
            warehouse.insert("t", ("k", "n"), [(f"new{n}", "none") for n in range(500)])
        warehouse.insert_new("t", ("k", "n"), [(f"new{n}", n) for n in range(500)], "k")
        assert warehouse.query("select count(*) from t") == [(len(rows) + 500,)]
    assert sorted(stored, key=str) == sorted(rows, key=str)


def test_a_transaction_is_all_or_nothing(engine: Target) -> None:
    with connect(engine) as warehouse:
        warehouse.execute("create table t (k text)")

        def half() -> None:
            with warehouse.transaction():
                warehouse.execute("insert into t values ('a')")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            half()
        with warehouse.transaction():
            warehouse.execute("insert into t values ('b')")
    with connect(engine, read_only=True) as warehouse:
        assert warehouse.query("select k from t") == [("b",)]


def test_a_fault_is_one_sentence(engine: Target) -> None:
    with connect(engine) as warehouse, pytest.raises(WarehouseError) as raised:
        warehouse.query("select no_such_thing")
    assert "\n" not in str(raised.value)
    assert "no_such_thing" in str(raised.value)


def test_tables_of_another_version_are_no_fault_of_the_server(engine: Target) -> None:
    remedy = "not those of this version: rowkeeper run builds them anew"
    with connect(engine) as warehouse:
        warehouse.execute("create table things (name text)")
        for sql in ("select more from things", "select * from no_such", "select * from no.such"):
            with pytest.raises(WarehouseError, match=remedy):
                warehouse.query(sql)
        with pytest.raises(WarehouseError, match="see that it is up"):
            warehouse.query("select cast('x' as integer)")


def test_a_file_that_another_process_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_WAIT_S", 0.5)
    target = Target(name="dev", type="duckdb", path=str(tmp_path / "x.duckdb"))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(target.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(WarehouseError, match="another process has it open"), connect(target):
        pass
    holder.communicate("\n")
    with connect(target) as warehouse:
        assert warehouse.query("select 1") == [(1,)]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    path.write_text("not a database, and long enough to be read as the head of one" * 99, "utf-8")
    target = Target(name="dev", type="duckdb", path=str(path))
    with pytest.raises(DamagedWarehouseError, match="rowkeeper rebuild"), connect(target):
        pass


def made(path: Path) -> Target:
    target = Target(name="dev", type="duckdb", path=str(path))
    with connect(target) as warehouse:
        warehouse.execute(
            "create table t as select range as n, hash(range) as h from range(200000)"
        )
        warehouse.execute("checkpoint")
    return target


def test_flipped_bits_and_cuts_are_called_damage_and_never_a_lock(tmp_path: Path) -> None:
    target = made(tmp_path / "lock" / "block.duckdb")
    path = Path(str(target.path))
    data = path.read_bytes()
    with connect(target) as warehouse:
        warehouse.check()

    def said() -> str:
        with pytest.raises(DamagedWarehouseError) as raised, connect(target) as warehouse:
            warehouse.check()
        return str(raised.value)

    for place in (0, 8, 20, 5000, 9000, len(data) // 2):
        hurt = bytearray(data)
        hurt[place] ^= 1
        path.write_bytes(hurt)
        assert "is damaged" in said()
        assert "process" not in said()
    for size in (0, 1, 4096, 12288, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        assert "is damaged" in said()
