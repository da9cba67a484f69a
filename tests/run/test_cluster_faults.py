"""A cluster whose workers or driver die, whose sites refuse, or that is not what it should be."""

import os
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from rowkeeper.cli import run_command
from rowkeeper.core.errors import ClusterError, UsageError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run.results import driving
from rowkeeper.run.worker import SENT, Task, greet
from tests.fakes.clients import request_for
from tests.fakes.s3 import SECRET, archive_in, client_for, shared_ministack
from tests.fakes.site import DriveFile, Site
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import (
    DOWNLOADED,
    STATES,
    WITHOUT_ROWKEEPER,
    Machines,
    begin_driving,
    begun_anew,
    context_here,
    download,
    drive_of,
    machines,
    wanted,
)
from tests.helpers.events import numbered

FILES = 60
LATENCY_S = 0.1
WORKERS = """
select count(distinct cast(details as json) ->> 'worker') from raw.asset_events
where event_type = 'downloaded'
"""
VERDICTS = "select verdict from raw.asset_events where event_type = 'download_failed'"
postgres = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


@pytest.fixture
def net(engine: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowInternet]:
    site = Site(files=[*drive_of(FILES), DriveFile("quota", error="quota")])
    with SlowInternet(site, LATENCY_S) as internet:
        internet.lead_here(monkeypatch)
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_CONCURRENCY", "drive=64")
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_BACKOFF_S", "0.01")
        with connect(engine) as warehouse:
            warehouse.execute(STATES)
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


@contextmanager
def killed_after_the_first(found: Machines) -> Iterator[threading.Event]:
    """One of the workers is killed when the first outcome came back."""
    event = threading.Event()

    def kill() -> None:
        if event.wait(120):
            found.kill(min(found.workers))

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
    requests, context = wanted(FILES), context_here()
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
        assert warehouse.query("select * from raw.worker_results where asset_id <> ''") == []
        assert warehouse.query(WORKERS)[0][0] >= 2
    assert not (context.settings.data_dir / "files" / "people").exists()


@postgres
def test_the_next_run_takes_up_what_a_killed_driver_did_not_hear_of(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    tmp_path: Path,
) -> None:
    requests, context = wanted(FILES), context_here()
    with machines(tmp_path, workers=3) as found:
        driver = begin_driving(found.address, numbered(1), FILES)
        while sum(net.asked.values()) < FILES // 3:
            assert driver.poll() is None
            time.sleep(0.05)
        driver.kill()
        driver.wait()
        left = begun_anew(context, requests)
        held, stopped = FILES - len(left), net.asked.total()
        assert FILES // 3 - 6 <= held < FILES
        assert held <= stopped <= held + 6  # what its six threads were fetching
        done = download(context, found.address, left, numbered(2))
    assert done.downloaded == len(left)
    assert net.asked.total() - FILES == stopped - held
    assert stored(bucket) == sorted(item.asset_id for item in requests)


@postgres
def test_a_server_that_ends_all_sessions_does_not_end_the_run(
    engine: Target, net: SlowInternet, bucket: str, tmp_path: Path
) -> None:
    first = threading.Event()

    def end_sessions() -> None:
        assert first.wait(120)
        with connect(engine) as warehouse:
            warehouse.query(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where pid <> pg_backend_pid() and datname = current_database()"
            )

    with machines(tmp_path, workers=2) as found, ThreadPoolExecutor(1) as thread:
        ended = thread.submit(end_sessions)
        done = download(context_here(), found.address, wanted(FILES), numbered(1), first)
        ended.result()
    assert (done.downloaded, done.failed, done.left) == (FILES, 0, 0)
    assert stored(bucket) == sorted(item.asset_id for item in wanted(FILES))


@postgres
def test_a_quota_that_one_worker_meets_stops_all(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_PAUSE_S", "900")
    requests = [request_for("drive", "file", "quota"), *wanted(FILES)]
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
    with pytest.raises(UsageError, match=rf"The worker .*:{os.getpid()}: .* is not its driver's"):
        greet(task)
    with driving(context, numbered(1)):
        with pytest.raises(UsageError, match=r"has yt-dlp .* and its driver 1999"):
            greet(replace(task, versions={**task.versions, "yt-dlp": "1999"}))
        greet(task)


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
def test_what_a_cluster_needs_is_said(
    engine: Target, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(["run", "--cluster", "local:2"]) == 2
    assert "s3:// or gs://" in capsys.readouterr().err
    assert run_command(["run", "--cluster", "local:2", "--target", "dev"]) == 2
    assert "--target prod" in capsys.readouterr().err
    store = ["--store", "s3://a-bucket"]
    assert run_command(["run", "--cluster", "tcp://127.0.0.1:8786", *store]) == 2
    assert "tls:// address" in capsys.readouterr().err
    for name in ("distributed", "cryptography"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            assert run_command(["run", "--cluster", "local:2", *store]) == 2
        said = capsys.readouterr().err
        assert "pip install 'rowkeeper[cluster]'" in said
        assert said.count("\n") == 1


@postgres
def test_a_scheduler_that_is_not_there_and_a_worker_without_rowkeeper_are_said(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("rowkeeper.run.dask_client.CONNECT_S", 1)
    with pytest.raises(UsageError, match="TLS__CA_FILE"):
        download(context_here(), "tls://127.0.0.1:9", wanted(FILES), numbered(1))
    with machines(tmp_path, workers=0) as found:
        with pytest.raises(ClusterError, match="does not answer"):
            download(context_here(), "tls://127.0.0.1:9", wanted(FILES), numbered(1))
        found.add_worker(1, program=WITHOUT_ROWKEEPER)
        with pytest.raises(UsageError, match=r"No module named 'rowkeeper.*install rowkeeper"):
            download(context_here(), found.address, wanted(FILES), numbered(1))
