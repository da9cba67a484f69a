"""A cluster that is not what it should be: no scheduler, no workers, or others than its driver."""

import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from rowkeeper.cli import run_command
from rowkeeper.core.errors import ClusterError, UsageError, WarehouseError
from rowkeeper.core.warehouse import Target
from rowkeeper.run.results import driving
from rowkeeper.run.worker import Task, greet
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import (
    TLS,
    WITHOUT_ROWKEEPER,
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

postgres = pytest.mark.parametrize("engine", ["postgres"], indirect=True)
WORKERS_S, CONNECT_S = "rowkeeper.run.cluster.WORKERS_S", "rowkeeper.run.dask_client.CONNECT_S"


def driven(address: str, number: int = 1, files: int = FILES) -> object:
    """A session that is expected to end early."""
    return download(context_here(), address, wanted(files), numbered(number))


@contextmanager
def after_the_first(act: Callable[[], object]) -> Iterator[threading.Event]:
    """``act`` comes once the event that is yielded is set, and has ended at the end."""
    event = threading.Event()
    thread = threading.Thread(target=lambda: event.wait(120) and act())
    thread.start()
    yield event
    event.set()
    thread.join()


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
def test_what_a_cluster_needs_is_said(
    engine: Target, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_command(["run", "--cluster", "local:2"]) == 2
    assert "s3:// or gs://" in capsys.readouterr().err
    assert run_command(["run", "--cluster", "local:2", "--target", "dev"]) == 2
    assert "--target prod" in capsys.readouterr().err
    store = ["--store", "s3://a-bucket"]
    assert run_command(["run", "--cluster", "tcp://127.0.0.1:8786", *store]) == 2
    assert "tls://host:port" in capsys.readouterr().err
    assert run_command(["run", "--cluster", "tls://127.0.0.1", *store]) == 2
    assert "tls://host:port" in capsys.readouterr().err
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
    with pytest.raises(UsageError, match="TLS__CA_FILE"):
        driven("tls://127.0.0.1:9")
    with machines(tmp_path, workers=0) as found:
        with monkeypatch.context() as patch:
            patch.setattr(CONNECT_S, 1)
            with pytest.raises(ClusterError, match="does not answer"):
                driven("tls://127.0.0.1:9")
        found.add_worker(1, program=WITHOUT_ROWKEEPER)
        with pytest.raises(UsageError, match=r"No module named 'rowkeeper.*install rowkeeper"):
            driven(found.address)


@postgres
def test_certificates_that_are_none_or_of_others_are_said(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from dask import config

    trustme.CA().cert_pem.write_to_path(str(tmp_path / "others.pem"))
    (tmp_path / "damaged.pem").write_text("no certificate")
    with machines(tmp_path, workers=0) as found:
        for name, file, kind, said in (
            ("CA_FILE", "others.pem", ClusterError, "certificate"),
            ("CLIENT__CERT", "damaged.pem", UsageError, "certificates of --cluster can't be read"),
            ("CLIENT__KEY", "missing.pem", UsageError, "certificates of --cluster can't be read"),
        ):
            with monkeypatch.context() as patch:
                patch.setenv(f"{TLS}{name}", str(tmp_path / file))
                config.refresh()
                with pytest.raises(kind, match=said):
                    driven(found.address)
            config.refresh()


@postgres
def test_a_server_that_is_no_scheduler_is_told_from_one(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(CONNECT_S, 3)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with (
        machines(tmp_path, workers=0),
        socket.create_server(("127.0.0.1", 0)) as silent,
        ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as pages,
    ):
        context.load_cert_chain(tmp_path / "node.pem")
        pages.socket = context.wrap_socket(pages.socket, server_side=True)
        threading.Thread(target=pages.serve_forever, args=(0.05,), daemon=True).start()
        for port in (silent.getsockname()[1], pages.server_address[1]):
            with pytest.raises(ClusterError, match="does not answer"):
                driven(f"tls://127.0.0.1:{port}")
        pages.shutdown()


@postgres
@pytest.mark.parametrize(
    ("without", "kind"),
    [("ROWKEEPER_PG_HOST", WarehouseError), ("ROWKEEPER_STORE_ACCESS_KEY_ID", UsageError)],
)
def test_a_worker_without_credentials_is_named(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    tmp_path: Path,
    without: str,
    kind: type[Exception],
) -> None:
    with machines(tmp_path, workers=0) as found:
        worker = found.add_worker(1, ("env", "-u", without, "-u", "ROWKEEPER_PG_PORT"))
        with pytest.raises(kind, match=f"The worker .*:{worker}: "):
            driven(found.address)


@postgres
def test_a_run_ends_where_its_workers_all_go_and_where_none_comes(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(WORKERS_S, 3)
    with machines(tmp_path, workers=2) as found:

        def kill_all() -> None:
            for worker in list(found.workers):
                found.kill(worker)

        with (
            after_the_first(kill_all) as event,
            pytest.raises(ClusterError, match="has had no worker for 3 seconds"),
        ):
            download(context_here(), found.address, wanted(FILES), numbered(1), event)
        with pytest.raises(ClusterError, match="has had no worker"):
            driven(found.address, 2)
    left = len(begun_anew(context_here(), wanted(FILES)))
    assert 0 <= left - (FILES - len(stored(bucket))) <= 4  # what their four threads were storing


@postgres
def test_what_was_stored_before_the_scheduler_died_is_taken_up(
    engine: Target, net: SlowInternet, bucket: str, tmp_path: Path
) -> None:
    with machines(tmp_path, workers=2) as found:
        with (
            after_the_first(found.scheduler.kill) as event,
            pytest.raises(ClusterError, match="does not answer"),
        ):
            download(context_here(), found.address, wanted(FILES), numbered(1), event)
        left = begun_anew(context_here(), wanted(FILES))
    assert 0 < FILES - len(left) <= len(stored(bucket)) <= net.asked.total()


@postgres
def test_a_worker_that_comes_later_has_its_share(
    engine: Target, net: SlowInternet, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("rowkeeper.run.cluster.BATCH", 1)
    net.latency_s = 1.0
    with (
        machines(tmp_path, workers=1) as found,
        after_the_first(lambda: found.add_worker(2)) as event,
    ):
        done = download(context_here(), found.address, wanted(30), numbered(1), event)
    assert done.downloaded == 30
    assert len(done.workers) == 2


@postgres
def test_two_drivers_share_the_workers_of_a_scheduler(
    engine: Target, net: SlowInternet, bucket: str, tmp_path: Path
) -> None:
    with machines(tmp_path, workers=2) as found:
        begun_anew(context_here(), [])  # the data folder is there, as a run's lock leaves it
        drivers = [begin_driving(found.address, numbered(n), FILES // 2, f"{n}-") for n in (1, 2)]
        assert [driver.wait(300) for driver in drivers] == [0, 0]
    assert net.asked.total() == len(stored(bucket)) == FILES
