"""Uploads that are killed a hundred times: no object lost, doubled or half, no upload left open."""

import hashlib
import multiprocessing
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from rowkeeper.core.events import EventType
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.setting_sections import Upload
from rowkeeper.core.settings import Settings
from tests.fakes.journals import events_in
from tests.fakes.s3 import connection_to, open_uploads, s3_store, shared_ministack
from tests.helpers.stores import request_of
from uploaders.base import object_key
from uploaders.pool import upload_all
from uploaders.s3.store import S3Store
from uploaders.values import UploadRequest

KILLS = 100
FILES = 300
LARGE = 6
"""Every so many-th file goes in parts of a MiB, the others in one request."""


def wanted(folder: Path) -> list[UploadRequest]:
    """Files of 0 to 2 MB, the same each time."""
    folder.mkdir()
    draw = random.Random(3)
    sizes = ((2 << 20) + n if n % LARGE == 0 else draw.randrange(30_000) for n in range(FILES))
    bodies = (n.to_bytes(2, "big") * (size // 2) for n, size in enumerate(sizes))
    return [request_of(folder, body, str(n), f"{n}.mp4") for n, body in enumerate(bodies)]


def told_assets(folder: Path) -> list[str]:
    """The assets of which the journal says that they are uploaded, as often as it does."""
    uploaded = EventType.UPLOADED
    return [str(event.asset_id) for event in events_in(folder) if event.event_type is uploaded]


def lines(folder: Path) -> int:
    """How many events there are, while a run may add to them."""
    count = 0
    for path in journal_dir(folder).glob("*/*.jsonl"):
        with suppress(FileNotFoundError):  # sealed just now
            count += path.read_bytes().count(b"\n")
    return count


def go_on(folder: Path, requests: list[UploadRequest], bucket: str, endpoint: str) -> None:
    """What a run does: send what the journal does not have yet."""
    have = set(told_assets(folder))
    left = [item for item in requests if item.asset_id not in have]
    settings = Settings(data_dir=folder, upload=Upload(workers=4, attempts=3, backoff_s=0.05))
    store = S3Store(connection_to(endpoint), bucket, multipart_threshold=1 << 20, part_size=1 << 20)
    store.make_ready()
    with Journal(journal_dir(folder)) as journal:
        upload_all(left, settings, journal.append, "s", store=store)


def test_killed_a_hundred_times_the_archive_is_as_it_should_be(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["uploaders.s3.store", "tests.uploaders.test_soak"])
    chance = random.Random(11)
    endpoint = shared_ministack().url
    store = s3_store(endpoint)
    requests = wanted(tmp_path / "files")
    arguments = (tmp_path, requests, store.bucket, endpoint)
    killed = unrecorded = unfinished = 0
    for _ in range(KILLS):
        enough = lines(tmp_path) + 1 + chance.randrange(2)  # no clock: machines differ in speed
        run = context.Process(target=go_on, args=arguments)
        run.start()
        while lines(tmp_path) < enough and run.is_alive():
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.015))
        run.kill()
        run.join()
        assert run.exitcode in {-signal.SIGKILL, 0}
        unrecorded += len(list(store.entries())) > lines(tmp_path)
        unfinished += bool(open_uploads(store.client, store.bucket))
        killed += run.exitcode == -signal.SIGKILL
    assert killed > KILLS // 2
    assert min(unrecorded, unfinished) > KILLS // 10
    go_on(*arguments)
    assert Counter(told_assets(tmp_path)) == Counter({item.asset_id: 1 for item in requests})
    expected = {object_key(item): item.sha256 for item in requests}
    assert {entry.key for entry in store.entries()} == set(expected)
    for key, sha256 in expected.items():
        assert hashlib.sha256(b"".join(store.read(key))).hexdigest() == sha256
    assert not open_uploads(store.client, store.bucket)
