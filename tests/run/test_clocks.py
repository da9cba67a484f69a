"""Clocks that are ahead, behind or jump: what is newest, what is due and who is who stay right."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloaders.base import Standing
from loaders.chain import newest_of, numbers, snapshot_id_of
from loaders.clocks import clock_notices
from loaders.pipeline import ingest
from rowkeeper.core import clock
from rowkeeper.core.drain import create_tables
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, Warehouse, connect
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.run.pending import due_rereads
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context

TITLES = "#,Name,Email,Type,Link\n"
ONE = "1,Ann Ash,ann@x.org,,https://youtu.be/annVideo-01\n"
SHEETS = (
    f"{TITLES}{ONE}2,Bob Bay,bob@x.org,,https://youtu.be/bobVideo-01\n",
    f"{TITLES}{ONE}2,Cyd Coe,cyd@x.org,,https://youtu.be/cydVideo-01\n",
    f"{TITLES}{ONE}2,Cyd Cole,cyd@x.org,,https://youtu.be/cydVideo-02\n",
)
LEGACY = "row_id,name,email,type,link\n9,Una Urn,una@x.org,,https://youtu.be/unaVideo-01\n"
NOW = datetime.now(UTC)
YEAR, DAY = timedelta(days=365), timedelta(days=1)
EVENT = """
insert into raw.asset_events (event_id, event_version, event_type, session_id, asset_id, row_id,
    provider, media_id, asset_kind, attempt, verdict, error_code, details, occurred_at, loaded_at)
values (?, 2, 'download_failed', ?, ?, '1', 'youtube', 'annVideo-01', ?, 1, 'retry', 'http_503',
    ?, ?, ?)
"""


class Wrong:
    """A clock that says what the test wants, and jumps once after so many looks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.offset, self.jump, self.looks = timedelta(), timedelta(), 0
        monkeypatch.setattr(clock, "now", self.now)

    def now(self) -> datetime:
        self.looks += 1
        return datetime.now(UTC) + self.offset + (self.jump if self.looks > 1 else timedelta())


def query(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return warehouse.query(sql.format(schema=target.schema))


def fail(warehouse: Warehouse, kind: str, number: int, told_at: datetime, tries: datetime) -> None:
    """Say that a video's download failed at ``told`` and is to be tried again at ``tries``."""
    sql = "select asset_id from raw.links where media_id = 'annVideo-01' and asset_kind = ?"
    ((asset_id,), *_) = warehouse.query(sql, [kind])
    event = f"{number:08}-0000-4000-8000-000000000000"
    details = f'{{"next_try_at": "{tries.isoformat()}"}}'
    warehouse.execute(EVENT, [event, event, asset_id, kind, details, told_at, told_at])


def test_three_sheets_under_three_wrong_clocks_end_as_under_a_right_one(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, said = Wrong(monkeypatch), []
    sheet, legacy = tmp_path / "sheet.csv", tmp_path / "old.csv"
    legacy.write_text(LEGACY)
    flags = {"sheet.source": str(sheet), "legacy_csv.paths": [str(legacy)], "sheet.max_changed": 1}
    context = Context(load_settings(flags), engine)
    for body, wrong.offset, wrong.jump in zip(
        SHEETS, (-DAY, YEAR, timedelta()), (timedelta(), -2 * YEAR, timedelta()), strict=True
    ):
        wrong.looks = 0
        sheet.write_text(body)
        summary = ingest(context.settings, engine)
        assert summary.sheet_changed
        said.append(" ".join(summary.notices))
    assert "before the last load's" in said[2]
    with connect(engine) as warehouse:
        fail(warehouse, "video", 1, NOW + YEAR, NOW + YEAR + DAY)
        fail(warehouse, "transcript", 2, NOW - DAY, NOW + DAY)
    build(context)
    people = query(engine, "select row_id, name from {schema}.people order by row_id")
    assert people == [("1", "Ann Ash"), ("2", "Cyd Cole"), ("9", "Una Urn")]
    sql = "select distinct media_id from {schema}.assets where is_wanted order by 1"
    assert query(engine, sql) == [("annVideo-01",), ("cydVideo-02",), ("unaVideo-01",)]
    ((name, reason),) = query(
        engine, "select name, reason from {schema}.quarantine where reason != 'header row'"
    )
    assert (name, "another person in the newest sheet: Cyd Cole" in reason) == ("Bob Bay", True)
    history = "select row_id, name, valid_to is null from {schema}.people_history order by 1, 3, 2"
    assert query(engine, history) == [
        *(("1", "Ann Ash", True), ("2", "Cyd Coe", False), ("2", "Cyd Cole", True)),
        ("9", "Una Urn", True),
    ]
    pending = "select asset_kind from {schema}.pending_downloads where media_id = 'annVideo-01'"
    assert query(engine, pending) == [("video",)]  # the transcript's time has not come
    assert query(engine, "select snapshot_number from raw.sheet_snapshots order by 1") == [
        *((1,), (2,), (3,))
    ]
    proof = reconcile(context)
    assert proof.complete, proof.differences


SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LOOKED: dict[str, tuple[timedelta, timedelta | None]] = {
    "a week ago": (-7 * DAY, None),
    "a week ago, but for a minute": (-7 * DAY + 60 * SECOND, None),
    "half a day ago": (-12 * HOUR, None),
    "just now": (-SECOND, None),
    "tomorrow": (DAY, None),
    "just now, its time has come": (-SECOND, -SECOND),
    "a year ago, its time comes": (-YEAR, HOUR),
    "tomorrow, its time comes": (DAY, YEAR),
}
"""When something was last looked at, and when it is to be looked at next, from now on."""


@pytest.mark.parametrize(
    ("reread_after", "not_due"),
    [
        (None, {"a week ago, but for a minute", "half a day ago", "just now"}),
        ("7d", {"a week ago, but for a minute", "half a day ago", "just now"}),
        ("12h", {"just now"}),
        ("0", set()),
        ("8d", {"a week ago", "a week ago, but for a minute", "half a day ago", "just now"}),
    ],
)
def test_what_was_read_is_read_again_by_its_age(
    engine: Target, tmp_path: Path, reread_after: str | None, not_due: set[str]
) -> None:
    """Without ``--reread``, unless its source or a failure has named a time."""
    flags = {"download.reread_after": reread_after} if reread_after else {}
    context = Context(load_settings(flags, {}, tmp_path), engine)
    with connect(engine) as warehouse:
        warehouse.execute(f"create schema if not exists {engine.schema}")
        table, now = f"{engine.schema}.pending_rereads", datetime.now(UTC)
        warehouse.execute(
            f"create table {table} (asset_id text, person_row_id text, provider text, "
            "media_id text, asset_kind text, original_url text, attempt integer, tries integer, "
            "faults integer, name text, email text, personality_type text, last_seen_in text, "
            "url_as_found text, refused text, sha256 text, reading_details text, "
            "last_looked_at timestamptz, next_read_at timestamptz)"
        )
        for name, (looked, reads) in LOOKED.items():
            warehouse.execute(
                f"insert into {table} values (?, '1', 'docs', ?, 'document', 'https://x.org/', 2, "
                "0, 0, 'Ann', null, null, null, null, null, 'abc', '{\"complete\": true}', ?, ?)",
                [name, name, now + looked, None if reads is None else now + reads],
            )
    due = due_rereads(context)
    assert {item.media_id for item in due} == (
        LOOKED.keys() - not_due - {"a year ago, its time comes"}
    )
    assert {item.media_id for item in due_rereads(context, reread=True)} == LOOKED.keys()
    assert all(item.standing == Standing(sha256="abc", details={"complete": True}) for item in due)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_clock_far_from_the_databases_is_told(
    engine: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clock_notices(datetime.now(UTC) - DAY, engine) == []
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(minutes=10))
    (said,) = clock_notices(None, engine)
    assert "set the one that is wrong" in said


@given(
    clocks=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=12),
    numbered=st.sets(st.integers(0, 11)),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_chain_is_found_whatever_its_clocks_said(
    clocks: list[int], numbered: set[int], shuffle: Random
) -> None:
    """Of rows that have numbers and of those of before, in any order."""
    rows: list[dict[str, Any]] = []
    before = ""
    for place, seconds in enumerate(clocks):
        facts = ("sheet", "", f"content {place % 2}")
        before = snapshot_id_of(before, *facts)
        named: dict[str, Any] = dict(
            zip(("source", "tab_gid", "content_sha256"), facts, strict=True)
        )
        rows.append(
            named
            | {"snapshot_id": before, "observed_at": NOW + timedelta(seconds=seconds)}
            | ({"snapshot_number": place + 1} if place in numbered else {})
        )
    order = {row["snapshot_id"]: place for place, row in enumerate(rows, 1)}
    shuffle.shuffle(rows)
    assert numbers(rows) == order
    assert newest_of(order).number == len(clocks)


def test_a_chain_with_a_missing_link_goes_on_by_the_time() -> None:
    lost = [
        {
            "snapshot_id": name,
            "source": "s",
            "tab_gid": None,
            "content_sha256": name,
            "observed_at": NOW + timedelta(days=days),
        }
        for name, days in (("b", 2), ("a", 1), ("c", 3))
    ]
    assert numbers(lost) == {"a": 1, "b": 2, "c": 3}
    assert newest_of({}).snapshot_id == ""


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_events_of_versions_that_read_no_format_are_refused_in_words(engine: Target) -> None:
    from rowkeeper.core.errors import WarehouseError

    with connect(engine) as warehouse:
        create_tables(warehouse)
        create_tables(warehouse)
        with pytest.raises(WarehouseError, match="a_newer_rowkeeper_wrote_this_database_upgrade"):
            warehouse.insert_new("raw.journal_segments", ("segment_id",), [("s",)], "segment_id")
