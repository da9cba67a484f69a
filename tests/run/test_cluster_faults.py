"""A cluster whose workers or driver die, whose sites refuse, or that is not what it should be."""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from downloaders.base import Request
from downloaders.pool import DownloadSummary
from downloaders.registry import fetch_settings
from rowkeeper.cli import run_command
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import ClusterError, UsageError
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.progress import Progress
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run.cluster import cluster_of
from rowkeeper.run.results import driving, take_up
from rowkeeper.run.worker import SENT, Task, greet
from rowkeeper.workspace.context import Context
from tests.fakes.clients import request_for
from tests.fakes.internet import FakeInternet
from tests.fakes.s3 import SECRET, archive_in, client_for, shared_ministack
from tests.fakes.site import DriveFile, Site, WebRequest, WebResponse
from tests.helpers.clusters import Machines, machines
from tests.helpers.events import numbered

FILES = 60
LATENCY_S = 0.1
DOWNLOADED = "select asset_id from raw.asset_events where event_type = 'downloaded'"
WORKERS = """
select count(distinct cast(details as json) ->> 'worker') from raw.asset_events
where event_type = 'downloaded'
"""
VERDICTS = "select verdict from raw.asset_events where event_type = 'download_failed'"
DRIVER = """
from tests.run.test_cluster_faults import context_here, download, wanted
import sys
download(context_here(), sys.argv[1], wanted(), sys.argv[2])
"""
postgres = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


class SlowInternet(FakeInternet):
    """Answers each request after a while, and counts what is asked for by its id.

    All others wait until what ``first`` names was answered, and its answer had time to be told.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.asked: Counter[str] = Counter()
        self.last = time.monotonic()
        self.first: str | None = None
        self._first_answered = threading.Event()

    def answer(self, request: WebRequest, address: str) -> tuple[WebResponse, str | None]:
        name = parse_qs(urlsplit(f"//{address}").query).get("id", [address])[0]
        with self._lock:
            self.asked[name] += 1
            self.last = time.monotonic()
        if name == self.first:
            self._first_answered.set()
        elif self.first:
            self._first_answered.wait(60)
            time.sleep(30 * LATENCY_S)
        time.sleep(LATENCY_S)
        return super().answer(request, address)


@pytest.fixture
def net(engine: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowInternet]:
    site = Site(
        files=[
            *(DriveFile(f"file{n:02}", f"No {n}.txt", f"body {n}".encode()) for n in range(FILES)),
            DriveFile("quota", error="quota"),
        ]
    )
    with SlowInternet(site) as internet:
        for name, value in internet.variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_CONCURRENCY", "drive=64")
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_BACKOFF_S", "0.01")
        with connect(engine) as warehouse:
            warehouse.execute(
                "create table public.asset_states "
                "(asset_id text, upload_attempts bigint, legacy_object_uuid text)"
            )
        yield internet


@pytest.fixture
def bucket(engine: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The archive: a bucket of its own."""
    name = f"cluster-{tmp_path.name.replace('_', '-').lower()}"[:60].strip("-")
    client = archive_in(monkeypatch, f"s3://{name}")
    client.create_bucket(Bucket=name)
    return name


def stored(bucket: str) -> list[str]:
    """The ids of the assets that the bucket has objects of."""
    client = client_for(shared_ministack().url)
    found = [Path(item["Key"]) for item in client.list_objects_v2(Bucket=bucket)["Contents"]]
    return sorted(key.stem for key in found if key.suffix == ".txt")


def wanted() -> list[Request]:
    return [request_for("drive", "file", f"file{n:02}", row_id=str(n)) for n in range(FILES)]


def context_here() -> Context:
    from rowkeeper.core.profiles import load_target

    return Context(load_settings(), load_target())


def download(
    context: Context,
    address: str,
    requests: list[Request],
    session_id: str,
    seen: "list[Progress[Request]] | None" = None,
    on_first: "threading.Event | None" = None,
) -> DownloadSummary:
    """One page of a run's downloads."""

    def show(progress: Progress[Request]) -> None:
        (seen if seen is not None else []).append(progress)
        if on_first:
            on_first.set()

    folder = journal_dir(context.settings.data_dir)
    with cluster_of(context, address, session_id) as cluster:
        with Journal(folder) as journal:
            settings = fetch_settings(context.settings)
            done = cluster.download_all(requests, settings, journal.extend, show)
        drain(folder, context.target)
        cluster.drained(requests)
    return done


@contextmanager
def killed_after_the_first(found: Machines) -> Iterator[threading.Event]:
    """One of the workers is killed when the first outcome came back."""
    event = threading.Event()

    def kill() -> None:
        if event.wait(120):
            found.workers[min(found.workers)].kill()

    thread = threading.Thread(target=kill)
    thread.start()
    yield event
    event.set()
    thread.join()


@postgres
def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    tmp_path: Path,
) -> None:
    requests, context = wanted(), context_here()
    with machines(tmp_path, workers=3) as found, killed_after_the_first(found) as event:
        done = download(context, found.address, requests, numbered(1), on_first=event)
    assert (done.downloaded, done.failed, done.left) == (FILES, 0, 0)
    twice = {name: times for name, times in net.asked.items() if times > 1}
    assert len(twice) <= 2  # what its two threads were fetching
    assert set(twice.values()) <= {2}
    assert stored(bucket) == sorted(item.asset_id for item in requests)
    with connect(engine) as warehouse:
        told = [asset_id for (asset_id,) in warehouse.query(DOWNLOADED)]
        assert sorted(told) == sorted(item.asset_id for item in requests)
        assert warehouse.query("select * from raw.worker_results") == []
        assert warehouse.query(WORKERS)[0][0] >= 2
    assert not (context.settings.data_dir / "files" / "people").exists()


@postgres
def test_the_next_run_takes_up_what_a_killed_driver_did_not_hear_of(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    tmp_path: Path,
) -> None:
    requests, context = wanted(), context_here()
    with machines(tmp_path, workers=3) as found:
        command = [sys.executable, "-c", DRIVER, found.address, numbered(1)]
        driver = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        while sum(net.asked.values()) < FILES // 3:
            assert driver.poll() is None
            time.sleep(0.05)
        driver.kill()
        driver.wait()
        while time.monotonic() - net.last < 30 * LATENCY_S:
            time.sleep(LATENCY_S)  # its workers notice
        stopped = sum(net.asked.values())
        drain(journal_dir(context.settings.data_dir), engine)
        take_up(context)
        with connect(engine) as warehouse:
            held = {asset_id for (asset_id,) in warehouse.query(DOWNLOADED)}
        left = [item for item in requests if item.asset_id not in held]
        assert FILES // 3 - 6 <= len(held) < FILES
        assert len(held) <= stopped <= len(held) + 6  # what its six threads were fetching
        done = download(context, found.address, left, numbered(2))
    assert done.downloaded == len(left)
    assert net.asked.total() - FILES == stopped - len(held)
    assert stored(bucket) == sorted(item.asset_id for item in requests)


@postgres
def test_a_quota_that_one_worker_meets_stops_all(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_PAUSE_S", "900")
    requests = [request_for("drive", "file", "quota"), *wanted()]
    net.first = "quota"
    with machines(tmp_path, workers=3) as found:
        done = download(context_here(), found.address, requests, numbered(1))
        with connect(engine) as warehouse:  # also of who waits for a turn
            assert set(warehouse.query(VERDICTS)) == {("pause",)}
        assert 1 <= done.failed < FILES // 2
        assert done.failed + done.downloaded + done.paused == len(requests)
        assert done.downloaded < FILES // 2  # what was under way, on a busy machine too
        before = net.asked.total()
        again = download(context_here(), found.address, requests[1:], numbered(2))
    assert (again.downloaded, again.paused, net.asked.total()) == (0, FILES, before)
    assert list(done.paused_providers) == ["drive"]


@postgres
def test_a_worker_that_does_not_fit_is_refused(
    engine: Target, net: SlowInternet, bucket: str
) -> None:
    context = context_here()
    task = Task.of(context, numbered(1))
    with pytest.raises(UsageError, match="does not see its driver"):
        greet(task)
    with driving(context, numbered(1)):
        with pytest.raises(UsageError, match=r"has yt-dlp .* and its driver 1999"):
            greet(replace(task, versions={**task.versions, "yt-dlp": "1999"}))
        assert greet(task).endswith(f":{os.getpid()}")


@postgres
def test_no_secret_is_sent(
    engine: Target, net: SlowInternet, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROWKEEPER_DRIVE_API_KEY", "a-key-of-drive")
    context = context_here()
    task = Task.of(context, numbered(1))
    sent = pickle.dumps(task)
    for secret in (SECRET, "AKIATEST", "a-key-of-drive", net.proxy, str(tmp_path)):
        assert secret.encode() not in sent
    here = task.settings_here(tmp_path)
    assert here.store.secret_access_key == SecretStr(SECRET)
    assert (here.network, here.drive) == (context.settings.network, context.settings.drive)
    assert here.data_dir == tmp_path


def test_what_is_each_workers_own_is_never_sent() -> None:
    settings = load_settings(environ={})
    for name, own in SENT.items():
        fields = type(getattr(settings, name)).model_fields
        kinds = {key: {info.annotation, *get_args(info.annotation)} for key, info in fields.items()}
        assert {key for key, found in kinds.items() if found & {Path, SecretStr}} <= own
        assert own <= fields.keys()


@postgres
def test_what_a_cluster_needs_is_said(engine: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", "--cluster", "local:2"]) == 2
    assert "s3:// or gs://" in capsys.readouterr().err
    assert run_command(["run", "--cluster", "local:2", "--target", "dev"]) == 2
    assert "--target prod" in capsys.readouterr().err
    store = ["--store", "s3://a-bucket"]
    assert run_command(["run", "--cluster", "tcp://127.0.0.1:8786", *store]) == 2
    assert "tls:// address" in capsys.readouterr().err


@postgres
def test_a_scheduler_that_is_not_there_is_said(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("rowkeeper.run.dask_client.CONNECT_S", 1)
    with pytest.raises(UsageError, match="TLS__CA_FILE"):
        download(context_here(), "tls://127.0.0.1:9", wanted(), numbered(1))
    missing = pytest.raises(ClusterError, match="does not answer")
    with machines(tmp_path, workers=0), missing:
        download(context_here(), "tls://127.0.0.1:9", wanted(), numbered(1))
