"""Every link has a fate, on both engines: in generated files, and each fate in a small sheet."""

import json
import random
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from loaders.pipeline import ingest
from rowkeeper.catalogue.publish import publish
from rowkeeper.cli import run_command
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import BuildError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.migration.reconcile.links import silent_links
from rowkeeper.migration.reconcile.reconcile import reconcile
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fuzz_links import make_legacy, make_sheet, silent

VIDEO = "https://youtu.be/aaaaaaaaaaa?si=W2870"
DOC = "https://docs.google.com/document/u/3/d/1abcdefghijklmnopqrstuvwxyz/edit?tab=t.0#heading=h.1"
WIKI = "wiki.example.org"
UNKNOWN = "no provider: odysee.com is not known"
SHEET = f"""row_id,name,email,type,link,Interview video
1,Ann,a@x.org,MF,{VIDEO},"({DOC}) or [v](https://odysee.com/7)"
2,Bo,b@x.org,https://docs.google.com/document/d/1typingabcdefghijklmnopq/edit,{DOC},vimeo.com/7/0123456789
3,Cy,mailto:c@x.org,MF,https://bit.ly/3x and https://youtube.com/,
,,,MF,https://youtu.be/bbbbbbbbbbb,
"""
LEGACY = f"""row_id,name,email,type,link,extracted_links,youtube_playlist,google_drive,processed,\
youtube_status,youtube_files,youtube_media_id,drive_status,drive_files,drive_media_id,\
last_download_attempt,download_errors,permanent_failure
2,Bo,b@x.org,,{DOC},https://youtu.be/ccccccccccc,,,,,,,,,,,see https://help.example.org/1,
"""


def rows_of(target: Target, sql: str) -> list[Row]:
    with connect(target, read_only=True) as warehouse:
        return warehouse.query(sql.format(schema=target.schema))


def test_every_generated_link_has_its_fate(engine: Target, tmp_path: Path) -> None:
    dice = random.Random(14)
    sheets = [make_sheet(tmp_path / f"{n}-sheet.csv", dice, n * 100) for n in range(3)]
    legacy = [make_legacy(tmp_path / f"{n}-legacy.csv", dice, n * 100) for n in range(3, 11)]
    assert sum(sum(item.links.values()) for item in sheets) > 100
    assert silent(Context(load_settings({}), engine), sheets, legacy) == []


def test_each_fate_and_what_follows_from_it(
    engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheet.csv").write_text(SHEET)
    (tmp_path / "old.csv").write_bytes(LEGACY.replace("see", "voilà").encode("cp1252"))
    sources = {
        "sheet.source": str(tmp_path / "sheet.csv"),
        "legacy_csv.paths": [str(tmp_path / "old.csv")],
    }
    context = Context(load_settings(sources), engine)
    ingest(context.settings, engine)
    build(context)
    _read_document(context)
    build(context)

    _check_links(engine)
    _check_people(engine)
    assert reconcile(context).complete
    publish(context)
    assert run_command(["status", "--target", engine.name]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Not fetched: https://odysee.com/7 of row 1 (Ann), interview video: {UNKNOWN}" in said

    assert "Assumed: old.csv is not UTF-8 on line 2 and was read as cp1252" in said

    with connect(engine) as warehouse:
        warehouse.execute(f"delete from {engine.schema}.links where canonical_url like '%bit.ly%'")
    lost = [item for item in reconcile(context).differences if item.kind == "lost"]
    assert [(item.line, item.column, item.source_value) for item in lost] == [
        (4, "link", "https://bit.ly/3x")
    ]
    with connect(engine) as warehouse:
        warehouse.execute("delete from raw.links where url = 'https://odysee.com/7'")
    with pytest.raises(BuildError, match="assert_no_link_is_silent"):
        build(context)


def _check_links(engine: Target) -> None:
    """Each link's fate and reason, and their sums."""
    rows = rows_of(
        engine, "select row_id, column_name, canonical_url, fate, reason from {schema}.links"
    )
    fates = {(row[0], row[1], urlsplit(row[2]).hostname): row[3:] for row in rows}
    assert fates["1", "link", "www.youtube.com"] == ("asset", None)
    assert fates["1", "interview video", "docs.google.com"] == ("asset", None)
    assert fates["1", "interview video", "odysee.com"] == ("unsupported", UNKNOWN)
    assert fates["2", "interview video", "vimeo.com"] == ("asset", None)
    videos = "select asset_type from {schema}.assets where original_url = 'https://vimeo.com/7'"
    assert sorted(rows_of(engine, videos)) == [("vimeo_transcript",), ("vimeo_video",)]
    assert fates["2", "type", "docs.google.com"][1] == "typing document: the link on the type"
    assert fates["3", "link", "bit.ly"][1].startswith("shortened: bit.ly")
    assert fates["3", "link", "youtube.com"][0] == "ignored"
    assert fates["2", "extracted_links", "www.youtube.com"][0] == "known_earlier"
    assert fates["2", "download_errors", "help.example.org"][0] == "ignored"
    deep = [row[3:] for row in rows if row[2].endswith("ddddddddddd")]
    assert deep[0][0] == "not_followed"
    assert deep[0][1].startswith("limit")
    if engine.type == "postgres":  # without it, thousands of links are joined row by row
        known = rows_of(engine, "select distinct tablename from pg_stats where schemaname = 'raw'")
        assert {("_dlt_loads",)} <= set(known)
    counts: dict[str, int] = dict(
        rows_of(engine, "select fate, sum(occurrences) from {schema}.links group by 1")
    )
    assert counts["quarantined"] == 1
    assert counts["not_followed"] == 6


def _check_people(engine: Target) -> None:
    """What follows for people: failures, links as written, and who is not complete."""
    failed = rows_of(
        engine,
        "select person_row_id, name, original_url, stage, error_message from {schema}.failures "
        "where person_row_id = '1' order by original_url",
    )
    assert failed == [
        ("1", "Ann", "https://odysee.com/7", "link", UNKNOWN),
        ("1", "Ann", "https://wiki.example.org/x", "link", UNKNOWN.replace("odysee.com", WIKI)),
    ]

    people = rows_of(
        engine,
        "select row_id, source_link, source_link_canonical from {schema}.people order by row_id",
    )
    assert people[0] == ("1", VIDEO, "https://www.youtube.com/watch?v=aaaaaaaaaaa")
    assert people[1][1:] == (DOC, DOC.replace("/u/3", "").split("?")[0])
    covered = rows_of(
        engine,
        "select row_id, unsupported_links, is_complete from {schema}.coverage order by row_id",
    )
    assert covered == [("1", 2, False), ("2", 0, False), ("3", 1, False)]


def _read_document(context: Context) -> None:
    """A document of row 1 is read: an unknown link, one that is not followed, and five more."""
    ((asset, row_id, media_id),) = rows_of(
        context.target,
        "select cast(asset_id as text), person_row_id, media_id from {schema}.assets "
        "where asset_kind = 'document' and person_row_id = '1'",
    )
    link = {"provider": "other", "link_type": "page", "media_id": "x", "asset_kinds": ""}
    deep = {"provider": "youtube", "link_type": "video", "asset_kinds": "video,transcript"}
    wiki, film = "https://wiki.example.org/x", "https://www.youtube.com/watch?v=ddddddddddd"
    with Journal(journal_dir(context.settings.data_dir)) as journal:
        journal.append(
            AssetEvent(
                event_type=EventType.DOCUMENT_READ,
                session_id=new_id(),
                session_type="download",
                asset_id=asset,
                row_id=row_id,
                provider="docs",
                media_id=media_id,
                asset_kind="document",
                attempt=1,
                details={
                    "text": "words",
                    "links": f"{wiki}\n{film}",
                    "occurrences": [
                        {"position": 0, "url": wiki, "canonical_url": wiki, **link},
                        {
                            "position": 1,
                            "url": film,
                            "canonical_url": film,
                            "media_id": "d",
                            **deep,
                        },
                    ],
                    "left_out": 5,
                },
            )
        )
    drain(journal_dir(context.settings.data_dir), context.target)


@pytest.mark.parametrize(
    ("cell", "known", "silent_ones"),
    [
        ("see https://youtu.be/a", ["https://youtu.be/a"], []),
        ("https://youtu.be/a/b", ["https://youtu.be/a"], ["https://youtu.be/a/b"]),
        ("https://youtu.be/ahttps://youtu.be/b", ["https://youtu.be/a", "https://youtu.be/b"], []),
        ("https://youtu.be/ahttps://x.org/1", ["https://youtu.be/a"], ["https://x.org/1"]),
        ("www.x.org (youtu.be/a)", [], ["www.x.org", "youtu.be/a)"]),
        ("me@x.org, https:// and http", [], []),
        ("https://youtu.be/a&nbsp;, _https://youtu.be/a_", ["https://youtu.be/a"], []),
        ("https%3A%2F%2Fx.org", [], ["https%3A%2F%2Fx.org"]),
    ],
)
def test_the_plain_scan_tells_what_the_table_lacks(
    cell: str, known: list[str], silent_ones: list[str]
) -> None:
    assert [link for _, link in silent_links(json.dumps([cell, "x"]), known)] == silent_ones


def test_a_link_in_a_row_without_anybody_is_in_no_empty_row(engine: Target, tmp_path: Path) -> None:
    """As below merged cells: the second video of who stands above. What the old system noted of its
    work is nobody's."""
    below = VIDEO.replace("a" * 11, "b" * 11)
    (tmp_path / "sheet.csv").write_text(
        f"row_id,name,type,link\n1,Ann,MF,{VIDEO}\n,,,{below}\n2,,,{below}\n3,,,\n,,,\n,Bo,,\n"
    )
    noted = f"9{',' * 16}see https://help.example.org/1,"
    (tmp_path / "old.csv").write_text(f"{LEGACY.splitlines()[0]}\n{noted}\n")
    sources = {
        "sheet.source": str(tmp_path / "sheet.csv"),
        "legacy_csv.paths": [str(tmp_path / "old.csv")],
    }
    context = Context(load_settings(sources), engine)
    ingest(context.settings, engine)
    build(context)
    told = "select line, reason from {schema}.quarantine where needs_mending order by line"
    assert rows_of(engine, told)[:2] == [(3, "no row id and no name"), (4, "no name")]
    empty = "select line from {schema}.quarantine where not needs_mending order by line"
    assert rows_of(engine, empty) == [(1,), (2,), (5,), (6,)]
