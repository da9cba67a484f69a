"""What a driver makes of what its workers do, and a worker of its session, without a cluster."""

from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from distributed import KilledWorker

from downloaders.outcomes import Outcome
from downloaders.registry import fetch_settings
from rowkeeper.core.errors import ClusterError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.pool import Stop, StoppedError
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run import cluster, worker
from rowkeeper.run.cluster import Cluster
from rowkeeper.run.results import told
from rowkeeper.run.worker import Batch, Task
from rowkeeper.workspace.context import Context
from tests.helpers.clusters import STATES, wanted
from tests.helpers.events import event, numbered

TASK = Task(numbered(1), "prod", {}, {})


def cluster_in(target: Target, client: object = None) -> Cluster:
    return Cluster(
        Context(Settings(data_dir=Path("data")), target), "local:1", cast(Any, client), TASK
    )


def test_the_minute_without_a_worker_begins_when_the_last_one_went(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter((0.0, 50.0, 110.0, 110.1))
    threads = iter(({"one": 2, "two": 2}, {}, {}))
    monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    client = SimpleNamespace(nthreads=lambda: next(threads))
    found = cluster_in(Target(name="prod", type="postgres"), client)
    assert [found._window(), found._window()] == [6, 1]
    with pytest.raises(ClusterError, match="no worker for 60 seconds"):
        found._window()


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_each_batch_has_what_was_uploaded_before(engine: Target) -> None:
    queue = wanted(9)
    names = [request.asset_id for request in queue]
    with connect(engine) as warehouse:
        warehouse.execute(STATES)
        rows = [(names[0], 0, None), (names[1], 2, None), (names[7], 0, "old"), ("other", 1, None)]
        for row in rows:
            warehouse.execute("insert into public.asset_states values (?, ?, ?)", row)
    standing = cluster_in(engine)._standing(queue)
    batches = list(cluster._batches(queue, standing, 2))
    assert [request for batch in batches for request in batch.requests] == queue
    assert [batch.standing for batch in batches if batch.standing] == [
        {names[1]: (2, None)},
        {names[7]: (0, "old")},
    ]
    assert names[7] in {request.asset_id for request in batches[3].requests}


def test_of_a_batch_that_killed_its_workers_what_they_finished_counts(tmp_path: Path) -> None:
    done, lost = wanted(2)
    finished = Outcome(request=done, state="downloaded", events=(event(),))
    events: list[AssetEvent] = []
    settings = fetch_settings(Settings(data_dir=tmp_path))
    book = cluster._Book(TASK, settings, Stop(), events.extend, lambda _: None)
    standing = {done.asset_id: told(finished)}
    book.results = cast(Any, SimpleNamespace(standing=lambda name: (False, standing.get(name))))
    future: Future[list[tuple[str, str]]] = Future()
    future.set_exception(KilledWorker("batch", cast(Any, None), 3))
    book.took(Batch((done, lost), {}), future)
    assert (book.heard, book.summary.downloaded, book.summary.failed) == (2, 1, 1)
    assert [one.event_type for one in events] == [EventType.DOWNLOADED, EventType.DOWNLOAD_FAILED]
    assert (events[1].asset_id, events[1].verdict) == (lost.asset_id, "retry")


@pytest.mark.parametrize(
    ("state", "is_over", "earlier", "kept"),
    [
        ("downloaded", False, None, 1),
        ("failed", False, None, 1),
        ("failed", True, None, None),  # or it failed because all ends
        ("paused", False, None, 0),
        ("downloaded", False, "an outcome", 0),
    ],
)
def test_what_a_worker_keeps(
    tmp_path: Path, state: str, is_over: bool, earlier: str | None, kept: int | None
) -> None:
    (request,), stop, written = wanted(1), Stop(), list[str]()

    def fetch(_: object) -> Outcome:
        assert earlier is None
        if is_over:
            stop.set()
        return Outcome(request=request, state=state, events=(event(),))

    def keep(_: str, outcome: str) -> str:
        written.append(outcome)
        return outcome

    results = SimpleNamespace(standing=lambda _: (False, earlier), keep=keep)
    unit = SimpleNamespace(fetch=fetch, settings=fetch_settings(Settings(data_dir=tmp_path)))
    stop.saw = lambda _: None  # type: ignore[attr-defined]
    room = cast(Any, SimpleNamespace(results=results, unit=unit, stop=stop))
    if kept is None:
        with pytest.raises(StoppedError):
            worker._Room.one(room, request)
    else:
        said = worker._Room.one(room, request)
        assert said == earlier or (f'"{state}"' in said and worker.worker_name() in said)
    assert len(written) == (kept or 0)


def test_a_worker_lets_go_of_sessions_that_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    rooms: dict[str, Any] = {}
    for name, guests, is_over in (("in use", 1, True), ("over", 0, True), ("going on", 0, False)):
        stack = ExitStack()
        stack.callback(closed.append, name)
        results = SimpleNamespace(is_over=lambda answer=is_over: answer)
        rooms[name] = SimpleNamespace(guests=guests, results=results, open=stack)
    monkeypatch.setattr(worker, "_rooms", rooms)
    worker._close_ended()
    assert (closed, list(rooms)) == (["over"], ["in use", "going on"])
