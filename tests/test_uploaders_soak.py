"""Uploads that are killed a hundred times: no object lost, doubled or half, no upload left open."""

import hashlib
import multiprocessing
import random
import signal
import time
from collections import Counter
from pathlib import Path

from rowkeeper.events import EventType
from rowkeeper.journal import Journal, journal_dir, read_segment, seal_abandoned, sealed_segments
from rowkeeper.settings import Settings, Upload
from tests.fakes.s3 import s3_store, shared_ministack
from tests.test_uploaders import request_of
from tests.test_uploaders_kills import store_of
from uploaders.base import UploadRequest, object_key
from uploaders.pool import upload_all

KILLS = 100
FILES = 200
LARGE = 8
"""Every so many-th file goes in parts of a MiB."""


def wanted(folder: Path) -> list[UploadRequest]:
    """Files of 0 to 3 MB, the same each time."""
    folder.mkdir(exist_ok=True)
    draw = random.Random(3)
    sizes = ((3 << 20) + n if n % LARGE == 0 else draw.randrange(30_000) for n in range(FILES))
    bodies = (bytes([n]) * size for n, size in enumerate(sizes))
    return [request_of(folder, body, str(n), f"{n}.mp4") for n, body in enumerate(bodies)]


def told(folder: Path) -> list[str]:
    """The assets of which the journal says that they are uploaded, as often as it does."""
    seal_abandoned(journal_dir(folder))
    events = (
        event
        for path in sealed_segments(journal_dir(folder)).values()
        for event in read_segment(path)
    )
    return [str(event.asset_id) for event in events if event.event_type is EventType.UPLOADED]


def go_on(folder: Path, bucket: str, endpoint: str) -> None:
    """What a run does: send what the journal does not have yet."""
    have = set(told(folder))
    left = [item for item in wanted(folder / "files") if item.asset_id not in have]
    settings = Settings(data_dir=folder, upload=Upload(workers=4, attempts=3, backoff_s=0.05))
    with Journal(journal_dir(folder)) as journal:
        upload_all(left, settings, journal.append, "s", store=store_of(bucket, endpoint))


def test_killed_a_hundred_times_the_archive_is_as_it_should_be(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["uploaders.s3", "tests.test_uploaders_soak"])
    chance = random.Random(11)
    store = s3_store(shared_ministack().url)
    endpoint, before = shared_ministack().url, 0
    for _ in range(KILLS):
        run = context.Process(target=go_on, args=(tmp_path, store.bucket, endpoint))
        run.start()
        time.sleep(chance.uniform(0.05, 0.25))
        run.kill()
        run.join()
        assert run.exitcode in {-signal.SIGKILL, 0}
        before += run.exitcode == -signal.SIGKILL
    assert before > KILLS // 2
    go_on(tmp_path, store.bucket, endpoint)
    assert Counter(told(tmp_path)) == Counter(
        {item.asset_id: 1 for item in wanted(tmp_path / "files")}
    )
    expected = {object_key(item): item.sha256 for item in wanted(tmp_path / "files")}
    assert {entry.key for entry in store.entries()} == set(expected)
    for key, sha256 in expected.items():
        assert hashlib.sha256(b"".join(store.read(key))).hexdigest() == sha256
    assert not store.client.list_multipart_uploads(Bucket=store.bucket).get("Uploads")
