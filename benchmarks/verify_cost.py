"""What a ``verify --sample 10`` costs that finds nothing lost."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.vs_csv import event_of, make_rows, rewrite, warehouse_of
from rowkeeper.cli.terminal import Terminal
from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.run.transfer import upload_pending
from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.selection import Selection

TIMES = 3


def verified(folder: Path, people: int, command: Callable[..., float], versions: float) -> Figure:
    """``command`` gives the CPU seconds of one of ours in a folder; ``versions`` as elsewhere."""
    folder.mkdir()
    rows = make_rows(people, 500)
    rewrite(folder, rows)
    context = warehouse_of(folder)
    journal = journal_dir(context.settings.data_dir)
    with Journal(journal) as told:
        events = [event_of(row) for row in rows]
        told.extend([_fetched(context.settings.data_dir, event) for event in events])
    drain(journal, context.target)
    refresh(context)
    upload_pending(context, Terminal(quiet=True), Selection())
    refresh(context)
    verify = ["verify", "--sample", "10"]
    ours = min(command(folder, "rowkeeper", *verify) for _ in range(TIMES))
    title = "verify --sample 10 that finds nothing, to dbt --version and dlt --version"
    return Figure(title, ours, versions, 1.0)


def _fetched(data_dir: Path, event: AssetEvent) -> AssetEvent:
    """``event``, and the file that it tells of."""
    path, body = data_dir / str(event.local_path), str(event.media_id).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return replace(event, sha256=sha256(body).hexdigest(), size_bytes=len(body))
