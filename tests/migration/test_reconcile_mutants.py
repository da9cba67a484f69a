"""Each corruption of a copy of a built warehouse is seen by ``rowkeeper reconcile``."""

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loaders.matches import link_matches
from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.migration.reconcile import source as reconcile_source
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.postgres import DATABASE, PostgresServer
from tests.helpers.samples import make_samples

INTACT = "intact"
VIDEOS = "select min(media_id) as first, max(media_id) as last from {schema}.assets where "
VIDEOS += "asset_kind = 'video'"
CONTESTED = "from {schema}.unverified_claims where standing = 'contested'"
LAST_CSV = "file_sha256 = (select min(file_sha256) from raw.legacy_csv_files where generation = 21)"


@dataclass(frozen=True)
class Corruption:
    """What is done to a copy, and of what difference, by column and words, it is seen."""

    column: str
    said: str
    statements: tuple[str, ...]


CORRUPTIONS = {
    "an asset moved to another person in assets only": Corruption(
        "person_row_id",
        "to another person than its metadata",
        (
            "update {schema}.assets set person_row_id = (select max(row_id) from {schema}.people "
            "where row_id != person_row_id) where cast(asset_id as text) = "
            "(select min(cast(asset_id as text)) from {schema}.assets)",
        ),
    ),
    "person_content with somebody else's name": Corruption(
        "name",
        "person_content says something else",
        (
            "update {schema}.person_content set name = (select max(name) from {schema}.people "
            "where people.row_id != person_content.row_id) where row_id = "
            "(select min(row_id) from {schema}.person_content)",
        ),
    ),
    "person_content with somebody else's e-mail": Corruption(
        "email",
        "person_content says something else",
        (
            "update {schema}.person_content set email = 'somebody@else.org' where row_id = "
            "(select min(row_id) from {schema}.person_content)",
        ),
    ),
    "media ids swapped between two videos": Corruption(
        "asset_id",
        "not that of this person, medium and kind",
        (
            f"create table swapped as {VIDEOS}",
            "update {schema}.assets set media_id = (select case when media_id = first then last "
            "else first end from swapped) where asset_kind = 'video' and media_id in "
            "(select first from swapped union select last from swapped)",
            "update {schema}.person_content set media_id = (select case when media_id = first then "
            "last else first end from swapped) where asset_kind = 'video' and media_id in "
            "(select first from swapped union select last from swapped)",
        ),
    ),
    "a contested claim called one that stands": Corruption(
        "standing",
        "calls a doubtful claim something else",
        ("update {schema}.unverified_claims set standing = 'stands' where standing = 'contested'",),
    ),
    "a contested claim made a fact": Corruption(
        "upload",
        "is not listed",
        (
            "update {schema}.assets set upload_status = 'claimed', legacy_object_key = "
            f"(select min(object_key) {CONTESTED}), legacy_object_uuid = "
            f"(select min(object_uuid) {CONTESTED}) where cast(asset_id as text) = (select "
            "min(cast(asset_id as text)) from {schema}.assets where person_row_id = "
            f"(select min(row_id) {CONTESTED}))",
            "delete from {schema}.unverified_claims where standing = 'contested'",
        ),
    ),
    "an unverified claim deleted": Corruption(
        "upload",
        "is not listed",
        (
            "delete from {schema}.unverified_claims where claim_key = (select min(claim_key) from "
            "{schema}.unverified_claims where standing = 'unverified' and claim = 'upload')",
        ),
    ),
    "the last history row of a person deleted": Corruption(
        "",
        "people_history has not version",
        (
            "delete from {schema}.people_history where version_key = "
            "(select max(version_key) from {schema}.people_history)",
        ),
    ),
    "a typing link changed": Corruption(
        "typing_document_link",
        "made from this row and says otherwise",
        (
            "update {schema}.people set typing_document_link = 'https://example.org/' where row_id "
            "= (select min(row_id) from {schema}.people where typing_document_link is not null)",
        ),
    ),
    "a status changed": Corruption(
        "status",
        "made from this row and says otherwise",
        (
            "update {schema}.people set status = 'changed' where row_id = "
            "(select min(row_id) from {schema}.people)",
        ),
    ),
    "a CSV's type changed in raw": Corruption(
        "type",
        "raw names another value than the file has",
        (
            "update raw.legacy_csv_rows set type = 'changed' where row_key = "
            f"(select min(row_key) from raw.legacy_csv_rows where {LAST_CSV})",
        ),
    ),
    "a sheet's name changed in raw": Corruption(
        "name",
        "raw names another value than the row's cells have",
        (
            "update raw.sheet_rows set name = 'changed' where row_key = "
            "(select max(row_key) from raw.sheet_rows where name != '' and not is_header)",
        ),
    ),
    "a count of coverage changed": Corruption(
        "expected",
        "coverage counts otherwise",
        ("update {schema}.coverage set expected = expected + 1",),
    ),
    "a medium with another owner": Corruption(
        "row_ids", "media says otherwise", ("update {schema}.media set row_ids = '999'",)
    ),
}


DEEP = (
    "update raw.legacy_csv_rows set cells = replace(cells, '\"' || type || '\"', '\"changed\"'), "
    "record_text = replace(record_text, type, 'changed'), type = 'changed' where row_key = "
    f"(select max(row_key) from raw.legacy_csv_rows where type != '' and {LAST_CSV})",
    "update raw.sheet_rows set cells = replace(cells, '\"' || name || '\"', '\"changed\"'), "
    "content_sha256 = 'changed', name = 'changed' where row_key = (select max(row_key) "
    "from raw.sheet_rows where name != '' and email != '' and not is_header)",
)
"""A row of a CSV and one of the sheet that contradict themselves nowhere."""


@pytest.fixture
def intact(
    engine: Target, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], None]]:
    """A built warehouse; calling the result brings it back as it was built."""
    samples = tmp_path / "samples"
    make_samples(samples, 20, 7)
    sources = {"sheet.source": str(samples / "sheet.html"), "legacy_csv.paths": [str(samples)]}
    context = Context(load_settings(sources), engine)
    ingest(context.settings, engine)
    build(context)
    link_matches(context.settings.data_dir, engine)
    build(context)
    if engine.type == "duckdb":
        copy = tmp_path / INTACT
        shutil.copy(str(engine.path), copy)
        yield lambda: restore_file(copy, Path(str(engine.path)))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.copy_database(DATABASE, INTACT)
    yield lambda: server.copy_database(INTACT, DATABASE)
    server.drop_database(INTACT)


def restore_file(copy: Path, path: Path) -> None:
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    shutil.copy(copy, path)


def test_each_corruption_is_seen(
    intact: Callable[[], None], engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "differences.csv"
    command = ["reconcile", "--target", engine.name, "--differences", str(path)]
    assert run_command(command) == 0, capsys.readouterr()
    for name, corruption in CORRUPTIONS.items():
        intact()
        with connect(engine) as warehouse:
            for statement in corruption.statements:
                warehouse.execute(statement.format(schema=engine.schema))
        assert run_command(command) == 10, name
        assert "The tables are not complete" in capsys.readouterr().err
        with path.open(encoding="utf-8", newline="") as opened:
            rows: list[dict[str, Any]] = list(csv.DictReader(opened))
        seen = [
            row
            for row in rows
            if row["kind"] == "wrong"
            and row["column"] == corruption.column
            and corruption.said in row["reason"]
        ]
        assert seen, (name, rows[:5])
        for row in seen:
            assert row["file"].endswith((".csv", "sheet.html")), (name, row)
            assert int(row["line"]) > 1, (name, row)
    intact()
    assert run_command([*command, "--deep"]) == 0

    with connect(engine) as warehouse:
        for statement in DEEP:
            warehouse.execute(statement)
    by_file = "raw has another cell than the file, which was read again"
    by_load = "raw says otherwise than the load that is kept beside the journal"
    assert run_command([*command, "--deep"]) == 10
    assert {(place[0], place[2]) for place in places_of(path, by_load)} == {
        ("sheet.html", "cells"),
        ("sheet.html", "content_sha256"),
        ("sheet.html", "name"),
    }
    places = places_of(path, by_file)
    assert [(file, column) for file, _, column in places] == [("output_21col.csv", "column 4")]
    (tmp_path / "samples" / "output_21col.csv").unlink()
    assert run_command([*command, "--deep"]) == 10
    assert places_of(path, by_file) == []
    found = places_of(path, by_load)
    assert (*places[0][:2], "cells") in found
    assert (*places[0][:2], "type") in found


def places_of(path: Path, reason: str) -> list[tuple[str, int, str]]:
    """File, line and column of the differences of one reason."""
    with path.open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["reason"] == reason]
    return [(Path(row["file"]).name, int(row["line"]), row["column"]) for row in rows]


def test_reconcile_shares_no_code_with_what_it_checks() -> None:
    folder = Path(reconcile_source.__file__).parent
    banned = re.compile(r"^\s*(?:from|import) (?:loaders|rowkeeper\.core\.(?:links|ids))\b", re.M)
    modules = sorted(folder.glob("*.py"))
    assert len(modules) > 8
    for module in modules:
        assert not banned.search(module.read_text()), module.name
