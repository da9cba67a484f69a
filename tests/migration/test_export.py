"""Exports and dual-write from a real warehouse: all generations back, and changes shown."""

import csv
import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest

from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import UsageError, WarehouseError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.files import kept_files
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.migration.export.export import dual_write, export_csv
from rowkeeper.migration.export.warehouse import read_files
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.samples import make_samples

STATE = """select row_id, name, email, personality_type, source_link from {schema}.people
    union all select row_id, cast(asset_id as text), provider, media_id, download_status
    from {schema}.person_content"""


def rows_of(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return sorted(warehouse.query(sql.format(schema=target.schema)), key=str)


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def context_of(engine: Target, **flags: Any) -> Context:
    return Context(load_settings({name.replace("__", "."): v for name, v in flags.items()}), engine)


def six_columns() -> bytes:
    """A BOM, both line ends, a blank line, an empty row, a header among the data, no last end."""
    rows = ["1,Ann,a@x.org,MF,-,https://youtu.be/abcdefghijk", "", ",,,,,", "#,Name,Email,Type,,"]
    text = "\r\n".join([",".join(GENERATIONS[6]), *rows[:2]]) + "\n" + "\n".join(rows[2:])
    return text.encode("utf-8-sig")


def nineteen_columns() -> bytes:
    """UTF-16, every cell in quotes."""
    made = io.StringIO(newline="")
    cells = ["2", 'Bo "B" Lund', "'-", "=1+1", *[""] * 15]
    csv.writer(made, quoting=csv.QUOTE_ALL).writerows([GENERATIONS[19], cells])
    return made.getvalue().encode("utf-16")


ODD_FILES = {"six.csv": six_columns(), "nineteen.csv": nineteen_columns()}
"""Generations that the samples don't have, with the oddities of real ones."""


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    make_samples(tmp_path / "samples", 30, 3)
    for name, data in ODD_FILES.items():
        (tmp_path / "samples" / name).write_bytes(data)
    return tmp_path / "samples"


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_every_generation_comes_back_and_loads_back(
    engine: Target, samples: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    context = context_of(
        engine, sheet__source=str(samples / "sheet.html"), legacy_csv__paths=[str(samples)]
    )
    with pytest.raises(WarehouseError, match="run rowkeeper run"):
        export_csv(context, 21)
    ingest(context.settings, engine)
    build(context)
    before = rows_of(engine, STATE)
    with connect(engine) as warehouse:
        files = {file.file_sha256: file for file in read_files(warehouse)}
    assert {file.generation for file in files.values()} == set(GENERATIONS)
    for sha, file in files.items():
        exported = export_csv(context, None, sha).export
        if file.file_name in ODD_FILES:  # people of the sheet are not in them
            assert exported.appended > 0
            assert exported.data.startswith(ODD_FILES[file.file_name])
            continue
        assert hashlib.sha256(exported.data).hexdigest() == sha, file.file_name
    again = tmp_path / "again"
    again.mkdir()
    command = ["export", "csv", "--target", engine.name, "--generation", "21"]
    assert run_command([*command, "--safe", "--output", str(again / "safe.csv")]) == 0
    assert run_command(command) == 0
    assert capfdbinary.readouterr().out == read(samples, "output_21col.csv")
    assert not [
        c for row in table(read(again, "safe.csv")) for c in row.values() if c[:1] in "=+@" and c
    ]
    assert ingest(context.settings, engine).new_legacy_files == ()
    loaded = ingest(context_of(engine, legacy_csv__paths=[str(again)]).settings, engine)
    assert len(loaded.new_legacy_files) == 1
    build(context)
    assert rows_of(engine, STATE) == before
    rows, contents = rows_of(
        engine,
        "select count(*), count(distinct content_sha256) from raw.legacy_csv_rows "
        "where generation = 21",
    )[0]
    assert rows == 2 * contents
    with pytest.raises(UsageError, match=r"of generation 21, not 5"):
        export_csv(context, 5, "output_21col.csv")
    with pytest.raises(UsageError, match=r"choose one of .*text_8col\.csv"):
        export_csv(context, 5, "nosuch.csv")


def read(folder: Path, name: str) -> bytes:
    return (folder / name).read_bytes()


def archive_events(pending: list[Row]) -> list[AssetEvent]:
    """The given assets downloaded and archived."""
    session: dict[str, Any] = {"session_id": new_id(), "session_type": "download"}
    events = []
    for asset_id, row_id, provider, media_id, kind in pending:
        medium = {"provider": provider, "media_id": media_id, "asset_kind": kind}
        file: dict[str, Any] = {
            "sha256": "0" * 64,
            "size_bytes": 1,
            "filename": f"{media_id} f.mp4",
            "local_path": f"files/{asset_id}",
        }
        common: dict[str, Any] = {**session, **medium, "asset_id": asset_id, "row_id": row_id}
        key = f"people/{row_id}/{asset_id}.mp4"
        place: dict[str, Any] = {
            "object_key": key,
            "store": "s3://b",
            "bucket": "b",
            "cloud_url": f"s3://b/{key}",
        }
        events += [
            AssetEvent(event_type=EventType.DOWNLOADED, attempt=1, **common, **file),
            AssetEvent(event_type=EventType.UPLOADED, attempt=1, **common, **file, **place),
        ]
    return events


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_changed_shows_it_and_the_dual_write_keeps_what_was(
    engine: Target, samples: Path, tmp_path: Path
) -> None:
    sheet = samples / "sheet.html"
    context = context_of(
        engine,
        sheet__source=str(sheet),
        legacy_csv__paths=[str(samples / "output_21col.csv")],
        legacy_csv__dual_write="1",
    )
    ingest(context.settings, engine)
    build(context)
    path = dual_write(context)
    assert path == context.settings.data_dir / "legacy" / "output.csv"
    lines = read(samples, "output_21col.csv").splitlines(keepends=True)
    twice = [line for line in lines if line.startswith(b"9,")]
    once = b"".join(line for line in lines if line != twice[0])  # the last has objects
    assert (len(twice), path.read_bytes()) == (2, once)
    old = table(path.read_bytes())
    changed, gone = old[10], old[12]
    html = sheet.read_text("utf-8")
    assert html.count(f">{changed['email']}<") == 1
    sheet.write_text(html.replace(f">{changed['email']}<", ">new@example.org<"), "utf-8")
    pending = rows_of(
        engine,
        "select asset_id, person_row_id, provider, media_id, asset_kind "
        "from {schema}.pending_downloads where provider in ('youtube', 'drive') "
        "and asset_kind in ('video', 'transcript', 'file')",
    )
    owner = pending[0][1]
    with Journal(journal_dir(context.settings.data_dir)) as journal:
        for event in archive_events([row for row in pending if row[1] == owner]):
            journal.append(event)
    drain(journal_dir(context.settings.data_dir), engine)
    ingest(context.settings, engine)
    build(context)
    assert dual_write(context) == path
    new = table(path.read_bytes())
    assert [kept.read_bytes() for kept in kept_files(path)] == [once]
    assert len(new) == len(old)
    assert gone in new
    for before, after in zip(old, new, strict=True):
        differing = {name for name in before if before[name] != after[name]}
        if before["row_id"] == changed["row_id"]:
            assert "email" in differing
            assert after["email"] == "new@example.org"
        if before["row_id"] == owner:
            assert {"last_download_attempt", "file_uuids", "s3_paths"} <= differing
            assert "completed" in (after["youtube_status"], after["drive_status"])
        if before["row_id"] not in (owner, changed["row_id"]):
            assert differing == set()
    state = rows_of(engine, STATE)
    ingest(context_of(engine, legacy_csv__paths=[str(path)]).settings, engine)
    build(context)
    assert rows_of(engine, STATE) == state
    assert export_csv(context, 21, whole=True).export.data == path.read_bytes()
    fresh = table(export_csv(context, 18).export.data)
    assert [row["row_id"] for row in fresh] == sorted({row["row_id"] for row in old}, key=int)
    assert list(fresh[0]) == list(GENERATIONS[18])
    os.environ.pop("ROWKEEPER_LEGACY_CSV_DUAL_WRITE", None)
    assert dual_write(context_of(engine)) is None
