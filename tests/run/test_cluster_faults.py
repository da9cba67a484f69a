"""A cluster whose workers or driver die, and what it is sent."""

import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run.worker import SENT, Task
from tests.fakes.s3 import SECRET
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import (
    DOWNLOADED,
    Machines,
    begin_driving,
    begun_anew,
    context_here,
    download,
    machines,
    stored,
    wanted,
)
from tests.helpers.events import numbered
from tests.run.conftest import FILES

WORKERS = """
select count(distinct cast(details as json) ->> 'worker') from raw.asset_events
where event_type = 'downloaded'
"""
postgres = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


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
