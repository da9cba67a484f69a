"""A later CSV that nobody processed makes nothing unwanted: on both engines, listed and fetched."""

import csv
import os
from pathlib import Path

from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

COLUMNS = GENERATIONS[21]
PEOPLE = range(1, 31)
DENIED, OTHER, FOUND = range(18, 29), 29, 30
"""Whose newer row was processed, has another link, and whom extracted_links alone know."""
UNREAD = (
    *("", "no", "pending", " Error ", "skipped", "not yet", "N", "f", "nein", "0", "2"),
    "failed 2026-01-02",
)
READ = (
    *("yes", " TRUE ", "1.0", "x", "Done", "ja", "sí", "✓", "2026-01-02", "2.1.2026 10:00"),
    "2026-01-02T10:00:00Z",
)


def write(path: Path, rows: list[dict[str, str]], age: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


def person(number: int) -> dict[str, str]:
    return {
        "row_id": str(number),
        "name": f"Person {number}",
        "email": f"p{number}@x.org",
        "type": "MF",
    }


def drive(number: int) -> str:
    return f"https://drive.google.com/file/d/1drivefile{number:018d}/view"


def make_generations(folder: Path) -> None:
    """An output that was processed, and a newer one whose cells are blank but for some people's."""
    full, blank = [], []
    for number in PEOPLE:
        link = {"google_drive": drive(number), "processed": "yes"}
        if number == FOUND:
            link = {"extracted_links": drive(number), "processed": "yes"}
        full.append(person(number) | link)
        blank.append(person(number) | {"processed": UNREAD[number % len(UNREAD)]})
    full[0]["google_drive"] += " https://www.twitch.tv/videos/1"
    for number, word in zip(DENIED, READ, strict=True):
        blank[number - 1]["processed"] = word
    blank[OTHER - 1]["google_drive"] = drive(99)
    write(folder / "output.csv", full, age=86_400)
    write(folder / "output_later.csv", blank, age=0)


def rows_of(target: Target, sql: str) -> list[Row]:
    with connect(target, read_only=True) as warehouse:
        return warehouse.query(sql.format(schema=target.schema))


def known(target: Target) -> list[int]:
    sql = "select person_row_id from {schema}.assets where is_known_earlier order by 1"
    return sorted(int(row[0]) for row in rows_of(target, sql))


def test_blank_is_not_no_longer(engine: Target, tmp_path: Path) -> None:
    make_generations(tmp_path)
    paths = str(tmp_path / "output*.csv")
    context = Context(load_settings({"legacy_csv.paths": [paths]}), engine)
    ingest(context.settings, engine)
    build(context)

    kept = [number for number in PEOPLE if number not in {*DENIED, OTHER}]
    assert known(engine) == kept
    fates = rows_of(
        engine,
        "select row_id, is_current, url from {schema}.links where fate = 'known_earlier'",
    )
    assert {(int(row[0]), *row[1:]) for row in fates} == {(n, True, drive(n)) for n in kept}
    coverage = (
        "select row_id, expected, known_earlier, is_complete, unsupported_links "
        "from {schema}.coverage"
    )
    listed = {int(row[0]): row[1:] for row in rows_of(engine, coverage)}
    assert listed == {
        **dict.fromkeys(kept, (0, 1, False, 0)),
        1: (0, 1, False, 1),
        **dict.fromkeys(DENIED, (0, 0, True, 0)),
        OTHER: (1, 0, False, 0),
    }
    pending = "select person_row_id from {schema}.pending_downloads"
    assert rows_of(engine, pending) == [(str(OTHER),)]
    assert rows_of(engine, "select * from {schema}.orphaned_assets") == []

    options = ["--mode", "basic", "--target", engine.name, "--legacy-csv", paths]
    assert run_command(["run", *options, "--known-earlier"]) == 0
    assert known(engine) == kept
    assert sorted(int(row[0]) for row in rows_of(engine, pending)) == sorted([*kept, OTHER])
    fetched = {int(row[0]): row[1:3] for row in rows_of(engine, coverage)}
    assert {fetched[n] for n in kept} == {(1, 1)}
    assert {fetched[n] for n in DENIED} == {(0, 0)}
    assert "ROWKEEPER_LEGACY_CSV_KNOWN_EARLIER" not in os.environ
