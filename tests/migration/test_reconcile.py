"""``rowkeeper reconcile`` on both engines: it closes when all is there and says what is not."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.samples import make_samples


@pytest.fixture
def context(engine: Target, tmp_path: Path) -> Context:
    """Seven files, one of them twice under two names, and the sheet; loaded and built."""
    samples = tmp_path / "samples"
    make_samples(samples, 20, 7)
    (samples / "copy.csv").write_bytes((samples / "output_18col.csv").read_bytes())
    sources = {
        "sheet.source": str(samples / "sheet.html"),
        "legacy_csv.paths": [str(samples)],
    }
    made = Context(load_settings(sources), engine)
    ingest(made.settings, engine)
    build(made)
    return made


def lose(context: Context, *statements: str) -> None:
    with connect(context.target) as warehouse:
        for statement in statements:
            warehouse.execute(statement.format(schema=context.target.schema))


def test_a_whole_move_closes_and_what_is_lost_is_named(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = context.target
    report = reconcile(context)
    assert report.complete, report.differences[:3]
    assert report.differences == []
    assert {file.proof for file in report.files} == {"file"}
    assert len(report.files) == 7
    for file in report.files:
        assert file.closed
        assert file.rows_in == file.used + file.repeats + sum(file.quarantined.values())

    (tmp_path / "samples" / "output_7col.csv").unlink()
    (tmp_path / "samples" / "text_8col.csv").write_text("another")
    assert run_command(["reconcile", "--target", target.name, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    proofs = {file["file"]: file["proof"] for file in said["files"]}
    assert said["complete"] is True
    assert proofs["output_7col.csv"] == "raw"
    assert proofs["text_8col.csv"] == "raw; the file has changed since"

    line, key = _a_used_row(context)
    lose(
        context,
        "update {schema}.people set email = 'made@up.org' where row_id = "
        "(select min(row_id) from {schema}.people)",
        "delete from {schema}.quarantine where row_key = "
        "(select min(row_key) from {schema}.quarantine)",
        "delete from {schema}.person_content where cast(asset_id as text) = "
        "(select min(cast(asset_id as text)) from {schema}.person_content)",
        f"delete from raw.legacy_csv_rows where row_key = '{key}'",
    )
    path = tmp_path / "differences.csv"
    assert run_command(["reconcile", "--target", target.name, "--differences", str(path)]) == 10
    captured = capsys.readouterr()
    assert "The tables are not complete" in captured.err
    assert "output_21col.csv" in captured.err
    with path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    lost = Counter(row["column"] for row in rows if row["kind"] == "lost")
    assert lost["email"] >= 1
    assert lost[""] == 1
    assert sum(lost.values()) > lost["email"] + lost[""]
    made_up = [row for row in rows if row["table_value"] == "made@up.org"]
    assert all(row["file"] and row["line"] and row["source_value"] for row in made_up)
    again = reconcile(context)
    broken = next(file for file in again.files if file.file == "output_21col.csv")
    assert (broken.closed, broken.unaccounted, broken.proof) == (False, 1, "none")
    assert line > 1


def _a_used_row(context: Context) -> tuple[int, str]:
    with connect(context.target) as warehouse:
        rows = warehouse.query(
            "select line, row_key from raw.legacy_csv_rows where generation = 21 order by line"
        )
    return int(rows[4][0]), str(rows[4][1])


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_newer_source_supersedes_and_is_no_loss(engine: Target, tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    header = "row_id,name,email,type,link\n"
    old.write_text(header + "1,Ann Ek,a@x.org,MF,https://youtu.be/abcdefghijk\n2,Bo,,,see below\n")
    changed = "row_id,name,email,type,link,document_text,processed,extraction_date\n"
    new.write_text(changed + "1,Ann Ek,b@x.org,MF,https://youtu.be/zzzzzzzzzzz,,,\n")
    context = Context(load_settings({"legacy_csv.paths": [str(old), str(new)]}), engine)
    ingest(context.settings, engine)
    build(context)
    report = reconcile(context)
    assert report.complete, report.differences
    shown = {(item.kind, item.file, item.line, item.column) for item in report.differences}
    assert shown == {
        ("superseded", "old.csv", 2, "email"),
        ("superseded", "old.csv", 2, "link"),
        ("kept", "old.csv", 3, "link"),
    }
