"""A run on a cluster: this process hands out batches of links and journals what comes of them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from rowkeeper.core.errors import ClusterError, RetryLaterError, UsageError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.pool import Stop, run_on
from rowkeeper.core.warehouse import connect
from rowkeeper.run.dask_client import LOCAL, TLS, DaskExecutor, client_of, faults
from rowkeeper.run.results import Results, driving, forget, outcome_of, take_up
from rowkeeper.run.worker import Batch, Task, fetch_batch, greet
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from distributed import Client

    from downloaders.base import FetchSettings, Request
    from downloaders.outcomes import Outcome
    from downloaders.pool import DownloadSummary
    from downloaders.unit import OnProgress

BATCH = 20
"""Links in one task, which costs 4 ms; fewer where there are too few to go round."""
WORKERS_S, LOOK_S = 60, 2.0
"""For how long it is waited for a worker where there is none, and how often it is looked."""
NEEDED = ("distributed", "cryptography")
"""What the extra ``cluster`` brings."""
STANDING = """
select asset_id, upload_attempts, legacy_object_uuid from {state}.asset_states
where asset_id = any(?) and (upload_attempts > 0 or legacy_object_uuid is not null)
"""


class UploadsSoFar(NamedTuple):
    """An asset that was sent before, or has an object in the old system."""

    asset_id: str
    upload_attempts: int
    legacy_object_uuid: str | None


def check_cluster(context: Context, address: str) -> None:
    """Raise ``UsageError`` unless a cluster at ``address`` and this machine share all they need."""
    if context.target.type != "postgres":
        raise UsageError(
            "--cluster needs a warehouse that all machines see: choose a Postgres target of "
            "profiles.yml, such as --target prod."
        )
    if not context.settings.store.url.startswith(("s3://", "gs://")):
        raise UsageError(
            f"--cluster needs a store that all machines see, and store.url is "
            f"{context.settings.store.url}: name an s3:// or gs:// bucket."
        )
    if not (TLS.fullmatch(address) or LOCAL.fullmatch(address)):
        raise UsageError(
            f"--cluster {address}: a scheduler runs whatever is sent to it, so it must be at "
            "tls://host:port; local:4 starts four workers here."
        )
    if not all(map(find_spec, NEEDED)):
        raise UsageError("--cluster needs Dask: pip install 'rowkeeper[cluster]', then run again.")


@contextmanager
def cluster_of(context: Context, address: str, session_id: str) -> Iterator["Cluster"]:
    """The cluster at ``address`` for one session; its workers have been looked at.

    At the end, whatever it is, what they finished is in the journal. Raises ``ClusterError``,
    ``UsageError`` for a worker of another version or another warehouse, ``StoreError``.
    """
    from uploaders.retrying import retrying

    task = Task.of(context, session_id)
    retrying(open_known(context, mark=True), context.settings.upload).make_ready()
    with ExitStack() as last:
        last.callback(take_up, context)  # once the driver's lock is free
        with (
            client_of(address, context.settings.download.workers) as client,
            driving(context, session_id),
        ):
            with faults(address):
                _wait_for_one(address, client)
                client.run(greet, task)
            yield Cluster(context, address, client, task)


class Cluster:
    """The workers of one session, and what each of them has done."""

    def __init__(self, context: Context, address: str, client: "Client", task: Task) -> None:
        self._context, self._address, self._client, self._task = context, address, client, task
        self._manned = time.monotonic()

    def download_all(
        self,
        requests: "Sequence[Request]",
        settings: "FetchSettings",
        emit: Callable[[Sequence[AssetEvent]], object],
        on_progress: "OnProgress",
    ) -> "DownloadSummary":
        """As ``downloaders.pool.download_all``; ``emit`` takes all events of a batch at once."""
        from downloaders.pool import by_provider, slots

        stop = Stop()
        book = _Book(self._task, settings, stop, emit, on_progress)
        threads = max(1, sum(self._client.nthreads().values()))
        queues, standing = by_provider(requests), self._standing(requests)
        batches = {
            provider: list(_batches(queue, standing, threads)) for provider, queue in queues.items()
        }
        with faults(self._address), LastingSession(self._context.target) as session:
            book.results = Results(session, self._task.session_id)
            run_on(
                DaskExecutor(self._client),
                partial(fetch_batch, self._task),
                batches,
                self._window,
                stop,
                book.took,
                slots(settings, queues),
                LOOK_S,
            )
        if left := len(requests) - book.heard:
            raise ClusterError(
                f"The workers took this process for gone and left {left} assets: run again; what "
                "they stored is found."
            )
        return book.summary

    def _window(self) -> int:
        """A batch for each thread there is now, and one for each worker to go on with.

        Raises ``ClusterError`` where no worker has come for long.
        """
        threads: dict[str, int] = self._client.nthreads()
        now = time.monotonic()
        if threads:
            self._manned = now
        elif now - self._manned > WORKERS_S:
            raise _unmanned(self._address)
        return max(1, sum(threads.values()) + len(threads))

    def drained(self, requests: "Iterable[Request]") -> None:
        """The events of ``requests`` are in the warehouse."""
        asset_ids = [request.asset_id for request in requests]
        forget(self._context, self._task.session_id, asset_ids)

    def _standing(self, requests: "Iterable[Request]") -> dict[str, tuple[int, str | None]]:
        asset_ids = [request.asset_id for request in requests]
        with connect(self._context.target) as warehouse:
            assets = warehouse.records(UploadsSoFar, STANDING, [asset_ids])
        return {item.asset_id: (item.upload_attempts, item.legacy_object_uuid) for item in assets}


def _wait_for_one(address: str, client: "Client") -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError:
        raise _unmanned(address) from None


def _unmanned(address: str) -> ClusterError:
    return ClusterError(
        f"The cluster at {address} has had no worker for {WORKERS_S} seconds: begin some, then run "
        "again; what was stored is found."
    )


class _Book:
    """Takes what comes back: into the journal, the summary and the display, in this thread."""

    results: Results

    def __init__(
        self,
        task: Task,
        settings: "FetchSettings",
        stop: Stop,
        emit: Callable[[Sequence[AssetEvent]], object],
        on_progress: "OnProgress",
    ) -> None:
        from downloaders.pool import DownloadSummary
        from downloaders.unit import Unit

        self.summary, self.heard = DownloadSummary(), 0
        self._emit, self._on_progress = emit, on_progress
        self._unit: Unit = Unit(settings, task.session_id, stop, on_progress)

    def took(self, batch: Batch, future: "Future[list[tuple[str, str]]]") -> None:
        """Journal and count the outcomes of ``batch``."""
        from distributed import KilledWorker

        from downloaders.pool import progress_of

        try:
            outcomes = _outcomes(batch, future.result())
        except KilledWorker:
            outcomes = [self._lost(request) for request in batch.requests]
        self._emit([event for outcome in outcomes for event in outcome.events])
        for outcome in outcomes:
            self.heard += 1
            self.summary.count(outcome)
            self._on_progress(progress_of(outcome))

    def _lost(self, request: "Request") -> "Outcome":
        """Of a batch on which workers died, one after the other: what stands, or a failure."""
        if text := self.results.standing(request.asset_id)[1]:
            return outcome_of(request, text)
        words = "Several workers of the cluster died on a batch that has it."
        return self._unit.failed(request, RetryLaterError("worker_lost", words))


def _outcomes(batch: Batch, found: list[tuple[str, str]]) -> "list[Outcome]":
    requests = {request.asset_id: request for request in batch.requests}
    return [outcome_of(requests[asset_id], text) for asset_id, text in found]


def _batches(
    queue: "Sequence[Request]", standing: dict[str, tuple[int, str | None]], threads: int
) -> Iterator[Batch]:
    """``queue`` in batches, so that each thread has some."""
    size = max(1, min(BATCH, len(queue) // (2 * threads)))
    for first in range(0, len(queue), size):
        requests = tuple(queue[first : first + size])
        known = {item.asset_id: standing.get(item.asset_id) for item in requests}
        yield Batch(requests, {name: found for name, found in known.items() if found})
