"""Every generation of the legacy CSV through dbt, on both engines: matched and accounted for."""

from collections import Counter
from pathlib import Path

import pytest

from loaders.pipeline import ingest
from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.samples import make_samples
from tests.helpers.sources import CROWDED, DONE, FAILED, LOST, claiming_csv
from tests.helpers.warehouses import rows_of

VIDEO, SHARED = "dQw4w9WgXcQ", "abc_-456789"
SHEET = """<html><body><div id="0"><table class="waffle"><tbody>
<tr><th>1</th><td>#</td><td>Name</td><td>Email</td><td>Type</td></tr>
{rows}
</tbody></table></div></body></html>"""
MARTS = ("people", "people_history", "assets", "links", "failures", "unverified_claims", "coverage")
PEOPLE = [
    ("1", "Anna Nagy", "anna@x.org", "MF-Si/Fe-CS/P(B) #3"),
    ("2", "Ben Tamm", "ben@x.org", "FF-Fi/Se-CP/B(S) #4"),
    ("3", "Jan Vogt", "home@x.org", "FM-Te/Si-CP/B(S) #1"),
    ("4", "Jan Vogt", "home@x.org", "FM-Te/Si-CP/B(S) #1"),
]
SEVEN = [
    "name,email,type,link,youtube_playlist,google_drive,extracted_links",
    f"Anna Nagy,anna@x.org,MF-Si/Fe-CS/P(B) #3,https://youtu.be/{VIDEO},,,",
    "Anna Nagy,anna@x.org,MF-Si/Fe-CS/P(B) #3,,,,",
    "Anna Nagy,anna@x.org,MF-Si/Fe-CS/P(B) #3,,,,",
    f"Ben Tamm,other@x.org,,https://youtu.be/{SHARED},,,",
    "Jan Vogt,home@x.org,FM-Te/Si-CP/B(S) #1,,,,",
    "Name,Email,Type,,,,",
    "",
    "a,b",
    "2,Ben Tamm,ben@x.org,FF-Fi/Se-CP/B(S) #4,",
]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_rows_without_a_row_id_find_their_person_or_say_why_not(
    engine: Target, tmp_path: Path
) -> None:
    rows = "".join(
        f"<tr><th>{number}</th>" + "".join(f"<td>{cell}</td>" for cell in person) + "</tr>"
        for number, person in enumerate(PEOPLE, 2)
    )
    (tmp_path / "sheet.html").write_text(SHEET.format(rows=rows), "utf-8")
    (tmp_path / "seven.csv").write_text("\n".join(SEVEN) + "\n", "utf-8")
    flags = {
        "sheet.source": str(tmp_path / "sheet.html"),
        "legacy_csv.paths": [str(tmp_path / "seven.csv")],
    }
    context = Context(load_settings(flags), engine)
    ingest(context.settings, engine)
    build(context)
    dispositions = rows_of(
        engine,
        "select line, row_id, disposition, reason from intermediate.int_source_rows "
        "where source = 'legacy_csv'",
    )
    nobody = "no row id, and nobody has its link, or its name, e-mail and type together"
    assert sorted((line, row_id, disposition) for line, row_id, disposition, _ in dispositions) == [
        (2, "1", "used"),
        (3, "1", "used"),
        (4, "1", "repeat"),
        (5, "", "quarantined"),
        (6, "", "quarantined"),
        (7, "", "quarantined"),
        (8, "", "quarantined"),
        (9, "", "quarantined"),
        (10, "2", "used"),
    ]
    reasons = {line: reason for line, _, _, reason in dispositions}
    assert reasons[5] == nobody
    assert reasons[6] == "no row id, and it could be of any of the row ids 3, 4"
    assert reasons[7] == "header row"
    assert reasons[8] == "empty row"
    assert reasons[9] == "row has 2 fields, which fits no generation"

    content = "select row_id, media_id, asset_type from {schema}.person_content"
    assert rows_of(engine, content) == [
        ("1", VIDEO, "youtube_transcript"),
        ("1", VIDEO, "youtube_video"),
    ]
    ingest(context.settings, engine)
    build(context)
    assert len(rows_of(engine, content)) == 2


def test_all_generations_close_their_sum_and_a_second_load_changes_nothing(
    engine: Target, tmp_path: Path
) -> None:
    expected = make_samples(tmp_path / "old", 30, 3)
    for name in ("output_18col.csv", "basic_5col.csv"):
        copy = tmp_path / "old" / "again" / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((tmp_path / "old" / name).read_bytes())
    flags = {
        "sheet.source": str(tmp_path / "old" / "sheet.html"),
        "legacy_csv.paths": [str(tmp_path / "old")],
    }
    context = Context(load_settings(flags), engine)
    assert len(ingest(context.settings, engine).new_legacy_files) == 6
    build(context)
    sums = rows_of(
        engine,
        "select files.file_name, count(*) from intermediate.int_source_rows as source_rows "
        "join raw.legacy_csv_files as files on source_rows.file_id = files.file_sha256 group by 1",
    )
    assert dict(sums) == expected["rows"]
    dispositions = Counter(
        row[0] for row in rows_of(engine, "select disposition from intermediate.int_source_rows")
    )
    assert set(dispositions) == {"used", "repeat", "quarantined"}
    before = {name: rows_of(engine, f"select * from {{schema}}.{name}") for name in MARTS}
    assert len(before["people"]) == expected["people"]
    matched = (
        "select count(*) from {schema}.assets as assets join intermediate.int_matched_links as "
        "links on cast(assets.asset_id as text) = links.asset_id"
    )
    assert rows_of(engine, matched)[0][0] > 0
    assert ingest(context.settings, engine).new_legacy_files == ()
    build(context)
    for name in MARTS:
        assert rows_of(engine, f"select * from {{schema}}.{name}") == before[name], name


def test_what_the_csv_says_stands_below_every_event(engine: Target, tmp_path: Path) -> None:
    claiming_csv(tmp_path / "old.csv")
    flags = {"legacy_csv.paths": [str(tmp_path / "old.csv")]}
    context = Context(load_settings(flags), engine)
    ingest(context.settings, engine)
    warned = {warning.test: warning.rows for warning in build(context)}
    assert warned["warn_unverified_claims"] == 2
    states = (
        "select media_id, download_status, upload_status, verdict, archived_by, evidence, "
        "legacy_status, object_key from {schema}.assets where asset_kind = 'video'"
    )
    key = "files/uuid-1.mp4"
    assert rows_of(engine, states) == [
        (DONE, "downloaded", "claimed", None, "legacy", "legacy", "completed", key),
        (FAILED, "failed", None, "retry", None, "legacy", "failed: timed out", None),
        (LOST, "failed", None, "permanent", None, "legacy", "permanent: Private video", None),
        (CROWDED, "pending", None, None, None, "contested", "streamed", None),
    ]
    pending = "select media_id, attempt from {schema}.pending_downloads where asset_kind = 'video'"
    assert rows_of(engine, pending) == [(FAILED, 1), (CROWDED, 1)]
    assert rows_of(engine, "select * from {schema}.pending_uploads") == []
    doubts = "select row_id, standing, reason from {schema}.unverified_claims"
    assert rows_of(engine, doubts) == [
        ("3", "contested", "the rows 3, 4 claim the same object"),
        ("4", "contested", "the rows 3, 4 claim the same object"),
        ("5", "nothing", "a failure of nothing: the row has no link that it could be about"),
    ]

    event = AssetEvent(
        event_type=EventType.DOWNLOAD_FAILED,
        session_id=new_id(),
        attempt=1,
        row_id="1",
        provider="youtube",
        media_id=DONE,
        asset_kind="video",
        asset_id=asset_id("1", "youtube", DONE, "video"),
        error_code="private",
        error_message="Private video",
        verdict="permanent",
    )
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        journal.append(event)
    drain(folder, engine)
    live = f"{states} and media_id = '{DONE}'".replace("{schema}.assets", "intermediate.int_assets")
    assert rows_of(engine, live.replace("asset_kind", "asset_type")) == [
        (DONE, "failed", None, "permanent", None, "live", "completed", None)
    ]
