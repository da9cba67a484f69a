"""``rowkeeper store adopt``: old objects become facts where they are, or are refuted."""

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from loaders.pipeline import ingest
from rowkeeper.archive.adopt import Adoption
from rowkeeper.archive.fixity import find_places
from rowkeeper.archive.old_objects import Claimed, KeyPlaces, misfit
from rowkeeper.cli import run_command
from rowkeeper.cli.progress import PlainDisplay
from rowkeeper.cli.terminal import Terminal
from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.setting_sections import StoreSettings
from rowkeeper.core.settings import Settings, load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.run.pending import pending_uploads
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fakes.s3 import archive_in, connection_to, shared_ministack
from tests.helpers.sources import claiming_csv
from uploaders.s3.store import S3Store
from uploaders.values import Facts

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILM = b"\x00\x00\x00\x18ftypisom" + b"film" * 1000
SHA256 = hashlib.sha256(FILM).hexdigest()
OLD, NEW = "the-old-bucket", "team"
HERE = f"s3://{OLD}/files/HERE_123456.mp4"
VIDEOS = ["MOVED123456", "HERE_123456", "GONE_123456", "PAGE_123456", "OURS_123456"]
STATES = """
select media_id, download_status, upload_status, archived_by, cloud_storage_url, sha256, store
from {schema}.assets where asset_type = 'youtube_video' order by person_row_id
"""
DOUBTS = "select row_id, reason from {schema}.unverified_claims"
WAITING = (
    "select media_id from {schema}.pending_downloads where asset_type = 'youtube_video' order by 1"
)


def rows_of(target: Target, sql: str) -> list[Row]:
    with connect(target) as warehouse:
        return warehouse.query(sql.format(schema=target.schema))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> "S3Client":
    """The old system's bucket, which is ours too: we keep to a prefix of it."""
    client = archive_in(monkeypatch, f"s3://{OLD}/{NEW}")
    client.create_bucket(Bucket=OLD)
    return client


@pytest.fixture
def context(engine: Target, tmp_path: Path) -> Context:
    """Five people, each with a video that the CSV says is archived; the last one's file is here."""
    keys = {video: f"files/{video}.mp4" for video in VIDEOS} | {"MOVED123456": f"{NEW}/moved.mp4"}
    claims = {
        str(number): (
            video,
            "completed",
            "",
            "",
            {f"YouTube: {video}": video},
            {video: keys[video]},
        )
        for number, video in enumerate(VIDEOS, 1)
    }
    claiming_csv(tmp_path / "old.csv", claims)
    made = Context(load_settings({"legacy_csv.paths": [str(tmp_path / "old.csv")]}), engine)
    ingest(made.settings, engine)
    path = made.settings.data_dir / "files" / "film.mp4"
    path.parent.mkdir()
    path.write_bytes(FILM)
    with Journal(journal_dir(made.settings.data_dir)) as journal:
        journal.append(
            AssetEvent(
                event_type=EventType.DOWNLOADED,
                session_id=new_id(),
                attempt=1,
                row_id="5",
                provider="youtube",
                media_id="OURS_123456",
                asset_kind="video",
                asset_id=asset_id("5", "youtube", "OURS_123456", "video"),
                local_path="files/film.mp4",
                sha256=hashlib.sha256(FILM).hexdigest(),
                size_bytes=len(FILM),
                details={"data_folder": folder_id(made.settings.data_dir)},
            )
        )
    drain(journal_dir(made.settings.data_dir), engine)
    build(made)
    return made


def put_into(
    bucket: "S3Client", key: str, body: bytes, mime_type: str = "binary/octet-stream"
) -> None:
    bucket.put_object(Bucket=OLD, Key=key, Body=body, ContentType=mime_type)


def assert_looked_at(engine: Target) -> None:
    """What follows from a look at each object, of which only the file that is here has a hash."""
    page = f"s3://{OLD}/files/OURS_123456.mp4"
    rows = {row[0]: row[1:] for row in rows_of(engine, STATES)}
    assert rows["HERE_123456"] == (*("downloaded", "claimed", "legacy", HERE, None, f"s3://{OLD}"),)
    assert rows["OURS_123456"] == (
        *("uploaded", "uploaded", "rowkeeper", page, SHA256, f"s3://{OLD}"),
    )
    assert rows["GONE_123456"][:4] == rows["PAGE_123456"][:4] == ("pending", None, None, None)
    doubts: dict[str, str] = dict(
        rows_of(engine, "select row_id, reason from {schema}.unverified_claims")
    )
    assert doubts["3"].startswith("its object was looked for: nothing is there")
    assert doubts["4"] == "its object was looked for: it is a web page"
    assert rows_of(engine, WAITING) == [("GONE_123456",), ("PAGE_123456",)]
    assert rows_of(engine, "select 1 from {schema}.pending_uploads") == []


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_old_objects_become_facts_where_they_are(
    engine: Target,
    context: Context,
    bucket: "S3Client",
    capsys: pytest.CaptureFixture[str],
) -> None:
    (ours,) = pending_uploads(context)
    assert (ours.person_name, ours.object_uuid) == ("Person 5", "OURS_123456")  # for its key
    claimed = rows_of(engine, STATES)
    assert [row[3] for row in claimed] == ["legacy"] * 4 + [None]
    assert run_command(["store", "adopt"]) == 2
    assert "name the old system's bucket" in capsys.readouterr().err

    put = partial(put_into, bucket)
    put(f"{NEW}/moved.mp4", FILM[:-1])
    put("files/HERE_123456.mp4", FILM)
    put("files/PAGE_123456.mp4", b"<html>Sign in</html>", "text/html; charset=utf-8")
    put("files/OURS_123456.mp4", FILM)
    there = sorted(item["Key"] for item in bucket.list_objects_v2(Bucket=OLD)["Contents"])
    assert run_command(["store", "adopt", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "1 adopted with a hash, 2 found, 2 refuted." in said
    assert "files/GONE_123456.mp4: nothing is there in s3://the-old-bucket" in said
    assert rows_of(engine, STATES) == claimed

    assert run_command(["store", "adopt"]) == 0, capsys.readouterr().err
    assert_looked_at(engine)

    put("files/GONE_123456.mp4", FILM + b"!")
    assert run_command(["store", "adopt", "--hash", "--people", "1-3"]) == 0
    assert "3 adopted with a hash, 0 found, 0 refuted." in capsys.readouterr().out
    rows = {row[0]: row[1:] for row in rows_of(engine, STATES)}
    moved = hashlib.sha256(FILM[:-1]).hexdigest()
    assert rows["MOVED123456"] == (
        *("uploaded", "uploaded", "rowkeeper", f"s3://{OLD}/{NEW}/moved.mp4", moved),
        f"s3://{OLD}/{NEW}",
    )
    assert rows["HERE_123456"][2:5] == ("rowkeeper", HERE, SHA256)
    assert rows["GONE_123456"][:3] == ("uploaded", "uploaded", "rowkeeper")
    assert rows_of(engine, WAITING) == [("PAGE_123456",)]
    assert sorted(item["Key"] for item in bucket.list_objects_v2(Bucket=OLD)["Contents"]) == [
        "files/GONE_123456.mp4",
        *there,
    ]

    places, elsewhere, closed = find_places(
        context, S3Store(connection_to(shared_ministack().url), OLD)
    )  # what verify reads
    assert [(place.kind, place.path) for place in places if place.kind == "object"] == [
        ("object", f"files/{video}.mp4") for video in ("GONE_123456", "HERE_123456", "OURS_123456")
    ]
    assert elsewhere == {f"s3://{OLD}/{NEW}": 1}
    assert closed == [f"s3://{OLD}/{NEW}"]


@pytest.mark.parametrize(
    ("kind", "size", "facts", "words"),
    [
        ("video", None, Facts(1, "video/mp4"), None),
        ("video", None, Facts(1), None),
        ("video", None, Facts(0, "video/mp4"), "it is empty"),
        ("video", None, Facts(1, "text/plain"), "it is text/plain, no video"),
        ("file", None, Facts(1, "text/html; charset=utf-8"), "it is a web page"),
        ("document", None, Facts(1, "text/html"), None),
        ("file", 2, Facts(1), "it has 1 bytes, the download 2"),
        ("file", 0, Facts(0), None),
    ],
)
def test_what_does_not_fit_is_said(
    kind: str, size: int | None, facts: Facts, words: str | None
) -> None:
    sha256 = None if size is None else "0" * 64
    item = Claimed("a", "7", "drive", "m", kind, "k", None, 1, 1, 1, sha256, size, None)
    assert misfit(item, facts) == words


def test_what_a_folder_has_is_read_and_what_leads_out_of_it_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for name in ("film.mp4", "../out.mp4"):
        (folder / name).write_bytes(FILM)
    (folder / "page.mp4").write_bytes(b"<!doctype html><p>")
    settings = Settings(data_dir=tmp_path, store=StoreSettings(url=folder.as_uri()))
    context = Context(settings, Target(name="dev", type="duckdb", path=""))
    facts = ("7", "youtube", "m", "video")
    claimed = [
        Claimed(key, *facts, key, None, 1, 1, 1, None, None, None)
        for key in ("film.mp4", "page.mp4", "../out.mp4", "film.mp4/x")
    ]
    events: list[AssetEvent] = []
    shown = PlainDisplay(Terminal(quiet=True))
    Adoption(context, KeyPlaces.of(context), "s", events.append, shown, hashing=True).run(claimed)
    adopted = [event for event in events if event.asset_id == "film.mp4"]
    assert [event.event_type for event in adopted] == [EventType.UPLOADED, EventType.DOWNLOADED]
    assert {event.sha256 for event in adopted} == {hashlib.sha256(FILM).hexdigest()}
    assert (adopted[1].mime_type, adopted[1].local_path) == ("video/mp4", None)
    assert {(event.asset_id, event.error_code) for event in events if event not in adopted} == {
        ("page.mp4", "object_unfit"),
        ("../out.mp4", "object_key_unsafe"),
        ("film.mp4/x", "object_missing"),
    }
