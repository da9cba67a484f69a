"""``rowkeeper store move``: other keys for the archive, whatever happens on the way."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.pipeline import ingest
from rowkeeper.archive.rekey import Pointer, plan
from rowkeeper.archive.relayout import _Mover
from rowkeeper.cli import run_command
from rowkeeper.cli.progress import PlainDisplay
from rowkeeper.cli.terminal import Terminal
from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import Settings, load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fakes.s3 import archive_in
from tests.helpers.kills import KILL
from tests.helpers.sources import claiming_csv
from tests.helpers.stores import local_lab, request_of
from uploaders.base import Store, object_key
from uploaders.layout import PRESETS
from uploaders.pool import upload_all
from uploaders.values import UploadRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "to-be-moved"
PLACES = """
select person_row_id, object_key, sha256, cloud_storage_url, upload_status, upload_attempts
from {schema}.assets where sha256 is not null order by 1
"""


def videos() -> dict[str, bytes]:
    """Row id -> the video; the last two people have the same."""
    return {str(row): f"film {min(row, 5)}".encode() * 100 for row in range(1, 7)}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> "S3Client":
    client = archive_in(monkeypatch, f"s3://{BUCKET}/pre fix")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def context(engine: Target, bucket: "S3Client", tmp_path: Path) -> Context:
    """Six people with a video each, all of one name, archived by asset id."""
    claims: dict[str, Any] = {row: (f"VIDEO_0000{row}", "", "", "", {}, {}) for row in videos()}
    claiming_csv(tmp_path / "old.csv", claims)
    made = Context(load_settings({"legacy_csv.paths": [str(tmp_path / "old.csv")]}), engine)
    ingest(made.settings, engine)
    requests = [video_of(tmp_path, row, body) for row, body in videos().items()]
    with Journal(journal_dir(made.settings.data_dir)) as journal:
        for request in requests:
            journal.append(
                AssetEvent(
                    event_type=EventType.DOWNLOADED,
                    session_id=new_id(),
                    local_path=f"files/{request.path.name}",
                    **request.facts(),
                )
            )
        events: list[AssetEvent] = []
        upload_all(requests[:5], made.settings, events.append, new_id())
        fifth = next(event for event in events if event.row_id == "5")
        for event in (*events, replace(fifth, event_id=new_id(), **requests[5].facts())):
            journal.append(event)
    drain(journal_dir(made.settings.data_dir), engine)
    build(made)
    return made


def video_of(folder: Path, row_id: str, body: bytes) -> UploadRequest:
    media_id = f"VIDEO_0000{row_id}"
    return replace(
        request_of(folder, body, row_id, f"{media_id}.mp4"),
        asset_id=asset_id(row_id, "youtube", media_id, "video"),
        provider="youtube",
        media_id=media_id,
        asset_kind="video",
        filename="film.mp4",
    )


def places(target: Target) -> dict[str, Row]:
    with connect(target) as warehouse:
        return {row[0]: row[1:] for row in warehouse.query(PLACES.format(schema=target.schema))}


def keys_of(client: "S3Client") -> list[str]:
    return sorted(item["Key"] for item in client.list_objects_v2(Bucket=BUCKET)["Contents"])


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_killed_in_the_middle_of_a_move_it_goes_on(
    engine: Target,
    context: Context,
    bucket: "S3Client",
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, old = places(engine), keys_of(bucket)
    assert len(old) == 5
    assert before["5"][0] == before["6"][0]
    move = ["store", "move", "--to", "row_name"]
    assert run_command([*move, "--dry-run"]) == 0
    said = capsys.readouterr().out
    key = str(before["1"][0]).removeprefix("pre fix/")
    assert f"{key} -> 1/Person 1/film.mp4 (600 bytes, assets: 1)" in said
    assert "5 objects (3.0 kB) would be moved. Nothing was written." in said
    assert (places(engine), keys_of(bucket)) == (before, old)

    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            KILL,
            "rowkeeper.core.journal.journal",
            "Journal.append",
            "4",
            *move,
        ],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    assert len(keys_of(bucket)) > len(old)
    assert run_command([*move, "--people", "1-5"]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "The old objects stay" in said
    assert "set store.layout = {row_id}/{name}/{file}" in said
    after = places(engine)
    shared = after["5"][0]
    assert shared in {f"pre fix/{row}/Person {row}/film.mp4" for row in "56"}
    for row, (object_key_, sha256, url, status, attempts) in after.items():
        wanted = shared if row in "56" else f"pre fix/{row}/Person {row}/film.mp4"
        assert (object_key_, sha256, status, attempts) == (wanted, before[row][1], "uploaded", 2)
        assert url == f"s3://{BUCKET}/{wanted}"
        body = bucket.get_object(Bucket=BUCKET, Key=wanted)["Body"].read()
        assert body == videos()[row]
    assert set(keys_of(bucket)) == set(old) | {str(row[0]) for row in after.values()}

    assert run_command([*move, "--remove-old"]) == 0
    assert "Moved 0 objects (0 bytes), removed 5 old ones." in capsys.readouterr().out
    assert places(engine) == after
    assert keys_of(bucket) == sorted({str(row[0]) for row in after.values()})


def pointer(row_id: str, name: str, sha256: str, key: str) -> Pointer:
    request = replace(
        request_of(Path("/dev"), b"", row_id, "null"),
        asset_id=asset_id(row_id, "drive", name, "file"),
        sha256=sha256,
        filename="film.mp4",
        person_name=name,
    )
    return Pointer(request, key)


def test_a_content_keeps_one_object_and_takes_no_other_key() -> None:
    template = PRESETS["row_name"]
    stays = pointer("1", "Anna", "a", "1/Anna/film.mp4")
    follows = pointer("2", "Ben", "a", "people/2/x.mp4")
    apart = pointer("1", "Anna", "b", "people/1/y.mp4")
    (first, second) = plan([stays, follows, apart], template)
    assert (first.target, first.pointers) == ("1/Anna/film.mp4", (follows,))
    assert second.target == f"1/Anna/film-{apart.request.asset_id}.mp4"
    moved = [replace(follows, key=first.target), replace(apart, key=second.target)]
    assert list(plan([stays, *moved], template)) == []


facts = st.tuples(
    *(st.sampled_from(words) for words in (["1", "2"], ["Anna", "Ben"], "abc", "xyz"))
)


@given(st.lists(facts, unique_by=lambda fact: fact[:2], max_size=8))
def test_after_a_plan_each_content_has_one_key_of_its_own(found: list[tuple[str, ...]]) -> None:
    keys = {sha256: key for *_, sha256, key in found}  # what is archived has one key a content
    pointers = sorted(
        (pointer(row, name, sha256, f"{keys[sha256]}-{sha256}") for row, name, sha256, _ in found),
        key=lambda item: (item.request.sha256, item.request.asset_id),
    )
    moves = {move.content.sha256: move.target for move in plan(pointers, PRESETS["row_name"])}
    assert len(set(moves.values())) == len(moves) == len({item.request.sha256 for item in pointers})
    moved = [replace(item, key=moves[item.request.sha256]) for item in pointers]
    assert list(plan(moved, PRESETS["row_name"])) == []


def test_what_is_damaged_or_taken_is_not_moved_over(tmp_path: Path) -> None:
    store: Store = local_lab(tmp_path / "archive").store
    good, bad = (request_of(tmp_path, body, name=f"{body!r}.mp4") for body in (b"good", b"bad!"))
    for request in (good, bad):
        store.put(request, object_key(request))
    (tmp_path / "archive" / object_key(bad)).write_bytes(b"bad?")
    taken = object_key(good, "{row_id}/{name}/{media_id}")
    store.put(bad, taken)  # somebody else's object
    pointers = [Pointer(item, object_key(item)) for item in (good, bad)]
    events: list[AssetEvent] = []
    context = Context(Settings(data_dir=tmp_path), Target(name="dev", type="duckdb", path=""))
    mover = _Mover(context, store, "s1", events.append, PlainDisplay(Terminal(quiet=True)))
    for move in plan(pointers, "{row_id}/{name}/{media_id}"):
        mover.one(move)
    assert list(mover.done.failures) == [object_key(bad)]
    assert [event.asset_id for event in events] == [good.asset_id]
    kept = b"".join(store.read(str(events[0].object_key)))
    assert (kept, good.asset_id in str(events[0].object_key)) == (b"good", True)
    there = {entry.key for entry in store.entries()}
    assert there == {object_key(good), object_key(bad), taken, events[0].object_key}
