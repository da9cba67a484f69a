"""Claims judged by all the evidence, rows accepted out of quarantine, and test people left out."""

import csv
import json
from pathlib import Path

import pytest

from loaders.legacy_evidence import read_evidence
from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import InputError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

VIDEO, OTHER = "abcdefghij1", "abcdefghij2"
UUID = "c6adc2b3-9d48-1caf-66ce-804daf5f6010"
DRIVE = "1" + "a" * 32


def test_lists_of_every_shape_name_a_file_and_whose_it_is(tmp_path: Path) -> None:
    shapes = {
        "audit.csv": f"Row ID;File;Person\n007;{VIDEO}.mp4;Anna\n8;;Ben\n",
        "gold_standard.json": json.dumps({"7": [f"{VIDEO}_transcript.vtt", f"{OTHER}.mp4"]}),
        "orphans.jsonl": json.dumps(
            {"s3_key": f"files/{UUID}.mp4", "proposed_row_id": 7, "row": 1}
        ),
        "recovery proposals.json": json.dumps(
            {"items": [{"drive_id": DRIVE, "name": "Anna  Nagy", "confidence": 0.9}]}
        ),
    }
    shapes["audit of files.json"] = json.dumps(
        {f"{VIDEO}.mp4": 7, f"{OTHER}.mp4": {"row_id": "007", "person": "Anna"}, "note": "by hand"}
    )
    shapes["orphans.json"] = json.dumps(
        [{"row_id": {"0": 7}, "file": f"{VIDEO}.mp4"}, {"row_id": 7, "files": [f"{OTHER}.mp4", {}]}]
    )
    shapes["audit of media.json"] = json.dumps({DRIVE: 7, "recommended": 9})
    shapes["audit of maps.json"] = json.dumps({"mappings": {VIDEO: {"row_id": 7, "name": "Anna"}}})
    shapes["gold.json"] = json.dumps(
        {"row": 7, "name": "Anna", "assets": [{"media_id": VIDEO, "name": "talk", "id": 99}]}
    )
    shapes["gold nested.json"] = json.dumps(
        {"row_7": [{"person": {"name": "Anna"}, "clips": [{"file": f"{VIDEO}.mp4"}], "at": "x"}]}
    )
    shapes["orphans.csv"] = f"Row #,youtube_media_id,drive_media_id,name\n7,{VIDEO},{DRIVE},Anna\n"
    read = {}
    for name, text in shapes.items():
        (tmp_path / name).write_text(text, "utf-8")
        read[name] = read_evidence(tmp_path / name)
    wanted = ("list_kind", "row_id", "person", "media_id", "object_uuid")
    facts = {n: [tuple(r[c] for c in wanted) for r in f.rows] for n, f in read.items()}
    assert facts == {
        "audit.csv": [("audit", "7", "Anna", VIDEO, None)],
        "gold_standard.json": [
            ("gold standard", "7", "", VIDEO, None),
            ("gold standard", "7", "", OTHER, None),
        ],
        "orphans.jsonl": [("orphans", "7", "", None, UUID)],
        "recovery proposals.json": [("recovery", "", "Anna  Nagy", DRIVE, None)],
        "audit of files.json": [
            ("audit", "7", "", VIDEO, None),
            ("audit", "7", "Anna", OTHER, None),
        ],
        "orphans.json": [("orphans", "7", "", OTHER, None)],
        "audit of media.json": [("audit", "7", "", DRIVE, None)],
        "audit of maps.json": [("audit", "7", "Anna", VIDEO, None)],
        "gold.json": [("gold standard", "7", "Anna", VIDEO, None)],
        "gold nested.json": [("gold standard", "7", "Anna", VIDEO, None)],
        "orphans.csv": [
            ("orphans", "7", "Anna", VIDEO, None),
            ("orphans", "7", "Anna", DRIVE, None),
        ],
    }
    assert read["audit.csv"].passed_over == 1
    (tmp_path / "list.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="row_id, file, person"):
        read_evidence(tmp_path / "list.csv")
    (tmp_path / "half.json").write_text('{"7": [')
    with pytest.raises(InputError, match="no valid JSON"):
        read_evidence(tmp_path / "half.json")


def write_csv(path: Path, width: int, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, GENERATIONS[width], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def mapped(what: str, uuid: str) -> dict[str, str]:
    return {
        "file_uuids": json.dumps({what: uuid}),
        "s3_paths": json.dumps({uuid: f"files/{uuid}.mp4"}),
    }


def who(row_id: str, name: str, **cells: str) -> dict[str, str]:
    return {"row_id": row_id, "name": name, "email": f"{name[0].lower()}@x.org", **cells}


def query(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return sorted(warehouse.query(sql.format(schema=target.schema)), key=str)


def read_blockers(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What ``migrate status`` says of the phase in which people read the tables."""
    capsys.readouterr()
    assert run_command(["migrate", "status", "--json"]) == 0
    (phase,) = [
        phase for phase in json.loads(capsys.readouterr().out)["phases"] if phase["name"] == "read"
    ]
    return list(phase["blockers"])


CLAIMS = """select row_id, standing, evidence from intermediate.int_legacy_claims
    where claim = 'upload'"""


def test_evidence_decides_and_rows_are_accepted(
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    link = f"https://youtu.be/{VIDEO}"
    new = write_csv(
        tmp_path / "new.csv",
        21,
        [
            who("1", "Anna", **mapped(f"Drive file: {DRIVE}", "u1")),
            who("2", "Ben", link=link, **mapped(f"YouTube: {VIDEO}", "u2")),
            who("3", "Cleo", link=link, **mapped(f"YouTube: {VIDEO}", "u2")),
            who("4", "Dora", link=f"https://youtu.be/{OTHER}"),
            who("4", "Zoltan"),
            who("900", "Test Person"),
        ],
    )
    drive = f"https://drive.google.com/file/d/{DRIVE}/view"
    old = write_csv(  # the second row supersedes the first, in which nobody has anything to mend
        tmp_path / "old.csv",
        18,
        [who("1", "Anna", type="MF"), who("1", "Anna", google_drive=drive)],
    )
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", f"{new},{old}")
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_IGNORE", "new*.csv:900-999,gone.csv")
    context = Context(load_settings({}), engine)
    idle = "legacy_csv.ignore: no row is left out by gone.csv: mend or remove that rule."
    assert idle in ingest(context.settings, engine).notices
    build(context)
    assert query(engine, CLAIMS) == [
        ("1", "stands", "the google_drive of old.csv, line 3"),
        ("2", "contested", None),
        ("3", "contested", None),
    ]
    assert read_blockers(capsys) == [  # and a catalogue, though only dbt and dlt were at work
        "1 people of the sources are in no table: mend the rows that are in quarantine, in the "
        "sheet; or rowkeeper migrate accept, or legacy_csv.ignore."
    ]
    superseded = "select line, needs_mending from {schema}.quarantine where row_id = '1'"
    assert query(engine, superseded) == [(2, False)]
    left_out = "select reason, needs_mending from {schema}.quarantine where row_id = '900'"
    assert query(engine, left_out) == [
        ("left out by legacy_csv.ignore: new*.csv:900-999", False),
    ]
    assert query(engine, "select row_id from {schema}.people") == [("1",), ("2",), ("3",), ("4",)]
    assert run_command(["reconcile"]) == 0
    shown = capsys.readouterr().out
    assert "Left out in new.csv: 1 rows: left out by legacy_csv.ignore" in shown
    assert "Left out in old.csv: 1 rows: " in shown
    assert "Quarantined in new.csv: 1 rows: " in shown
    assert idle in " ".join(shown.split())

    gold = tmp_path / "gold.csv"
    gold.write_text(f"row_id,file,person\n3,{VIDEO}.mp4,Cleo\n2,{VIDEO}.mp4,Somebody\n")
    assert run_command(["migrate", "evidence", str(gold)]) == 0
    assert "2 files of people" in capsys.readouterr().out
    assert query(engine, CLAIMS)[1:] == [
        ("2", "unverified", None),
        ("3", "stands", "gold.csv, line 2"),
    ]
    reason = "the rows 2, 3 claim the same object, and evidence gives it to row 3: gold.csv, line 2"
    doubts = query(engine, "select row_id, reason from {schema}.unverified_claims")
    assert ("2", reason) in doubts
    kept = (tmp_path / "data" / "journal" / "loads").glob("*/legacy_evidence.parquet")
    assert len(list(kept)) == 1

    ((file, line),) = query(
        engine, "select file_id, line from {schema}.quarantine where needs_mending"
    )
    assert run_command(["migrate", "accept", "new.csv:99", "--as", "4"]) == 2
    assert run_command(["migrate", "accept", f"new.csv:{line}", "--as", "1"]) == 0
    content = "select row_id from {schema}.person_content where media_id = '" + OTHER + "'"
    owner = {row for (row,) in query(engine, content)}
    assert owner == {"1"}
    name = "select name from {schema}.people where row_id = '1'"
    assert query(engine, name) == [("Anna",)]
    assert query(engine, "select row_key from {schema}.quarantine where needs_mending") == []
    assert read_blockers(capsys) == []
    capsys.readouterr()
    assert run_command(["status", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["assets"]
    for view, column in (("pending_downloads", "to_download"), ("pending_uploads", "to_upload")):
        ((pending,),) = query(engine, f"select count(*) from {{schema}}.{view}")
        assert sum(row[column] for row in shown) == pending
    assert sum(row["archived"] for row in shown) == 0
    assert sum(row["unchecked"] for row in shown) == 2  # Anna's and Cleo's, as the CSV says
    assert run_command(["migrate", "accept", f"{file[:12]}:{line}", "--undo"]) == 0
    assert query(engine, content) == []
    assert len(query(engine, "select row_key from {schema}.quarantine where needs_mending")) == 1
