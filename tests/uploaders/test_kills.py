"""Runs that are killed, then run again: the same archive and nothing beside it."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rowkeeper.core.events import AssetEvent
from rowkeeper.core.settings import Settings
from tests.fakes.s3 import connection_to, open_uploads, s3_store, shared_ministack
from tests.helpers.stores import local_lab, request_of
from uploaders.base import Store, object_key
from uploaders.local.store import LocalStore
from uploaders.pool import upload_all
from uploaders.s3.store import S3Store
from uploaders.values import UploadRequest

KILLED = """
import itertools, os, sys
from pathlib import Path
from rowkeeper.core.settings import Settings
from tests.uploaders.test_kills import big, store_of
from uploaders.pool import upload_all
folder, url, endpoint, events = sys.argv[1:]
count = itertools.count(1)
emit = lambda event: next(count) < int(events) or os.kill(os.getpid(), 9)
settings = Settings(data_dir=folder)
store = store_of(url, endpoint)
store.make_ready()
upload_all(big(Path(folder)), settings, emit, "s0", store=store)
"""


def big(folder: Path) -> list[UploadRequest]:
    """Twenty files of 3 MB, the same each time."""
    bodies = (bytes([n]) * (3 << 20) for n in range(20))
    return [request_of(folder, body, str(n), f"{n}.mp4") for n, body in enumerate(bodies)]


def store_of(url: str, endpoint: str) -> Store:
    """A store that sends files in parts of 1 MB, if it is S3."""
    if not endpoint:
        return LocalStore(Path(url))
    return S3Store(connection_to(endpoint), url, multipart_threshold=1, part_size=1 << 20)


def kill_then_finish(folder: Path, url: str, endpoint: str = "") -> None:
    """Runs that die at their 2nd and 9th event while other files are under way, then one."""
    for events in ("2", "9"):
        arguments = [str(folder), url, endpoint, events]
        killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
        assert killed.returncode == -signal.SIGKILL
    told_events: list[AssetEvent] = []
    store, settings = store_of(url, endpoint), Settings(data_dir=folder)
    store.make_ready()
    summary = upload_all(big(folder), settings, told_events.append, "s1", store=store)
    assert (summary.uploaded, summary.failed, len(told_events)) == (20, 0, 20)
    assert 9 <= summary.existed < 20


def test_killed_runs_of_a_folder_leave_no_trace(tmp_path: Path) -> None:
    kill_then_finish(tmp_path, str(tmp_path / "archive"))
    expected = {object_key(item): item.path.read_bytes() for item in big(tmp_path)}
    assert local_lab(tmp_path / "archive").objects() == expected


def test_killed_runs_of_s3_leave_no_trace(tmp_path: Path) -> None:
    store = s3_store(shared_ministack().url)
    kill_then_finish(tmp_path, store.bucket, shared_ministack().url)
    listing = store.client.list_objects_v2(Bucket=store.bucket)["Contents"]
    assert {item["Key"] for item in listing} == {object_key(item) for item in big(tmp_path)}
    assert all(item["Size"] == 3 << 20 for item in listing)
    assert not open_uploads(store.client, store.bucket)


def test_a_run_ends_uploads_in_parts_that_are_a_day_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = s3_store(shared_ministack().url, "ours")

    def begun(name: str) -> str:
        made = store.client.create_multipart_upload(Bucket=store.bucket, Key=name)
        return made["UploadId"]

    def left() -> set[str]:
        return open_uploads(store.client, store.bucket)

    def run(name: str) -> None:
        requests = [request_of(tmp_path, b"body", name=name)]
        store.make_ready()
        summary = upload_all(requests, Settings(data_dir=tmp_path), events.append, "s", store=store)
        assert summary.uploaded == 1

    events: list[AssetEvent] = []
    abandoned, of_others = begun("ours/a"), begun("theirs/a")
    live = store.begin("b", None)
    [mine] = left() - {abandoned, of_others}
    run("young.mp4")
    assert left() == {abandoned, of_others, mine}
    monkeypatch.setattr("uploaders.s3.parts.ABANDONED", timedelta(days=-1))  # all are that old
    run("old.mp4")
    assert left() == {of_others, mine}
    live.give_up()
    assert left() == {of_others}
