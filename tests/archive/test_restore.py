"""The restore drill: the store and the journal alone give back the tables and the files."""

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.internet import FakeInternet
from tests.helpers.warehouses import tables


def files(folder: Path) -> dict[str, str]:
    """Path -> SHA-256 of every file below ``folder``, but for what only describes them."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith("_metadata.json")
    }


def test_from_the_store_and_the_journal_alone(
    engine: Target,
    internet: FakeInternet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive, fresh, out = tmp_path / "archive", tmp_path / "fresh", tmp_path / "out"
    monkeypatch.setenv("ROWKEEPER_STORE_URL", archive.as_uri())
    assert run_command(["run"]) == 0
    before = tables(engine)
    assert len(before) > 12

    shutil.copytree(tmp_path / "data" / "journal", fresh / "journal")
    (tmp_path / "data").rename(tmp_path / "burnt")
    shutil.rmtree(tmp_path / "sources")
    for name in ("ROWKEEPER_SHEET_SOURCE", "ROWKEEPER_LEGACY_CSV_PATHS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(fresh))
    target = engine
    if engine.type == "duckdb":
        target = replace(engine, path=str(fresh / "rowkeeper.duckdb"))
    else:
        with connect(engine) as warehouse:
            for schema in ("raw", "raw_staging", "staging", "intermediate", engine.schema):
                warehouse.execute(f"drop schema if exists {schema} cascade")
    asked = len(internet.requests)
    capsys.readouterr()
    assert run_command(["restore", "--to", str(out), "--json"]) == 0, capsys.readouterr().err
    assert len(internet.requests) == asked
    done = json.loads(capsys.readouterr().out)
    assert tables(target) == before

    restored = files(out)
    index = restored.pop("restored.csv")
    assert {
        f"files/{path}": digest for path, digest in files(tmp_path / "burnt/files").items()
    } == (restored)
    with (out / "restored.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"] for row in rows} <= set(restored)
    assert all(restored[row["path"]] == row["sha256"] for row in rows)
    with connect(target) as warehouse:
        sql = f"select distinct person_row_id from {target.schema}.assets where sha256 is not null"
        assert {row["row_id"] for row in rows} == {name for (name,) in warehouse.query(sql)}
    assert done["restored"] == len({row["path"] for row in rows})

    victim = out / rows[0]["path"]
    victim.write_bytes(b"another thing")
    assert run_command(["restore", "--to", str(out), "--people", rows[0]["row_id"]]) == 11
    assert "move them away" in capsys.readouterr().err
    assert victim.read_bytes() == b"another thing"
    victim.unlink()
    assert run_command(["restore", "--to", str(out)]) == 0
    assert files(out) == {**restored, "restored.csv": index}


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_where_nothing_was_ever_loaded_it_is_said(
    engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["restore", "--to", str(tmp_path / "out")]) == 3
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "has no kept load" in said
