"""A scheduler and workers of Dask as processes of their own, with certificates of our own."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from downloaders.base import Request
from downloaders.pool import DownloadSummary
from downloaders.registry import fetch_settings
from rowkeeper.core.drain import drain
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.profiles import load_target
from rowkeeper.core.progress import Progress
from rowkeeper.core.settings import PROJECT_DIR, load_settings
from rowkeeper.core.warehouse import connect
from rowkeeper.run.cluster import cluster_of
from rowkeeper.run.results import take_up
from rowkeeper.workspace.context import Context
from tests.fakes.clients import request_for
from tests.fakes.s3 import client_for, free_port, shared_ministack
from tests.fakes.site import Caption, DriveFile, Video

TLS = "DASK_DISTRIBUTED__COMM__TLS__"
ROLES = ("SCHEDULER", "WORKER", "CLIENT")
DRIVER = """
import sys
from tests.helpers.clusters import begun_anew, context_here, download, wanted
address, session_id, files, person, site = sys.argv[1:]
context = context_here()
download(context, address, begun_anew(context, wanted(int(files), person, site)), session_id)
"""
STATES = """create table if not exists public.asset_states
(asset_id text, upload_attempts bigint, legacy_object_uuid text)"""
"""What a driver asks of the tables that dbt makes."""
DOWNLOADED = "select asset_id from raw.asset_events where event_type = 'downloaded'"
MEDIA = {"drive": ("file", "file{:02}"), "youtube": ("transcript", "clip{:07}")}
"""The kind of what the sites here have, and its ids by number."""
DASK = ("-m", "dask")
WITHOUT_ROWKEEPER = (
    "-c",
    "import sys; sys.modules['rowkeeper'] = None; from dask.__main__ import main; main()",
)
Process = subprocess.Popen[bytes]


@dataclass
class Machines:
    """A scheduler's address, and its workers by process id."""

    address: str
    scheduler: Process
    workers: dict[int, Process] = field(default_factory=dict)

    def add_worker(
        self, threads: int, prefix: tuple[str, ...] = (), program: tuple[str, ...] = DASK
    ) -> int:
        """One more worker, begun by the command ``prefix``; its process id."""
        options = ("--nthreads", str(threads), "--no-nanny", "--no-dashboard")
        process = _dask("worker", self.address, *options, prefix=prefix, program=program)
        self.workers[process.pid] = process
        return process.pid

    def kill(self, worker: int) -> None:
        """End a worker in the middle of whatever it does."""
        process = self.workers.pop(worker)
        process.kill()
        process.wait()


def _dask(
    *arguments: str, prefix: tuple[str, ...] = (), program: tuple[str, ...] = DASK
) -> Process:
    command = [*prefix, sys.executable, *program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def machines(
    folder: Path, workers: int, threads: int = 2, host: str = "127.0.0.1"
) -> Iterator[Machines]:
    """A scheduler and so many workers, which may not be ready yet; the client finds its
    certificates as they do."""
    from dask import config

    port = free_port()
    with ExitStack() as last, pytest.MonkeyPatch.context() as patch:
        last.callback(config.refresh)
        for name, value in _certificates(folder).items():
            patch.setenv(f"{TLS}{name}", value)
        config.refresh()
        options = ("--protocol", "tls", "--no-dashboard")
        scheduler = _dask("scheduler", "--host", host, "--port", str(port), *options)
        found = Machines(f"tls://{host}:{port}", scheduler)
        try:
            for _ in range(workers):
                found.add_worker(threads)
            yield found
        finally:
            for process in (*found.workers.values(), scheduler):
                process.kill()
                process.wait()


def _certificates(folder: Path) -> dict[str, str]:
    """One certificate for all, and the settings that name it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    node = str(folder / "node.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(node)
    parts = [f"{role}__{part}" for role in ROLES for part in ("CERT", "KEY")]
    return {"CA_FILE": str(folder / "ca.pem"), **dict.fromkeys(parts, node)}


def context_here() -> Context:
    """As the environment has it."""
    return Context(load_settings(), load_target())


def drive_of(files: int) -> list[DriveFile]:
    """Those files as the site has them."""
    return [DriveFile(f"file{n:02}", f"No {n}.txt", f"body {n}".encode()) for n in range(files)]


def clips_of(number: int) -> list[Video]:
    """Videos as YouTube has them, with captions."""
    captions = (Caption("en", "WEBVTT\n\n00:00.000 --> 00:01.000\nWell.\n"),)
    return [Video(f"clip{n:07}", f"No {n}", captions=captions) for n in range(number)]


def wanted(files: int, person: str = "", site: str = "drive") -> list[Request]:
    """The first files of a Drive, or transcripts of YouTube, each for a person of its own whose id
    begins with ``person``."""
    kind, name = MEDIA[site]
    return [request_for(site, kind, name.format(n), row_id=f"{person}{n}") for n in range(files)]


def stored(bucket: str) -> list[str]:
    """The ids of the assets that the bucket has objects of."""
    client = client_for(shared_ministack().url)
    found = [Path(item["Key"]) for item in client.list_objects_v2(Bucket=bucket)["Contents"]]
    return sorted(key.stem for key in found if key.suffix == ".txt")


def download(
    context: Context,
    address: str,
    requests: list[Request],
    session_id: str,
    on_first: threading.Event | None = None,
) -> DownloadSummary:
    """One page of a run's downloads."""

    def show(progress: Progress[Request]) -> None:
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


def begun_anew(context: Context, requests: list[Request]) -> list[Request]:
    """Those of ``requests`` that no earlier run has, as a run finds out when it begins."""
    drain(journal_dir(context.settings.data_dir), context.target)
    take_up(context)
    with connect(context.target) as warehouse:
        has_events = "asset_events" in warehouse.tables("raw")
        held = {name for (name,) in warehouse.query(DOWNLOADED)} if has_events else set()
    return [item for item in requests if item.asset_id not in held]


def begin_driving(
    address: str, session_id: str, files: int, person: str = "", site: str = "drive"
) -> Process:
    """A process that downloads what :func:`wanted` names, and may be killed."""
    command = [sys.executable, "-c", DRIVER, address, session_id, str(files), person, site]
    return subprocess.Popen(command, cwd=PROJECT_DIR)
