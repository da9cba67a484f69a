"""What commands do around their work on stored objects: drain, say what happens, build."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from rowkeeper.cli.locks import tables_lock
from rowkeeper.cli.options import Context
from rowkeeper.cli.progress import Display, display
from rowkeeper.cli.sessions import Session, end_abandoned_sessions, session
from rowkeeper.drain import drain
from rowkeeper.events import AssetEvent
from rowkeeper.journal import Journal, journal_dir
from rowkeeper.warehouse import connect


@dataclass(frozen=True)
class Work:
    """A session under way, where its events go and where it is shown."""

    session: Session
    emit: Callable[[AssetEvent], object]
    shown: Display


@contextmanager
def at_work(
    context: Context, console: Console, session_type: str, title: str, dry_run: bool
) -> Iterator[Work]:
    """Work on tables that are up to date, built again when it has ended; under the run's lock.

    What was said before an interrupt stays in the journal. ``dry_run``: nothing is written at all,
    so the tables are taken as they are. Raises ``WarehouseError`` before the first build.
    """
    from rowkeeper.cli.build import build
    from rowkeeper.cli.catalog import publish
    from rowkeeper.cli.export import require_built

    folder = journal_dir(context.settings.data_dir)
    if not dry_run:
        drain(folder, context.target)
    with connect(context.target, read_only=True) as warehouse:
        require_built(context, warehouse)
    if dry_run:
        with display(console, title) as shown:
            yield Work(Session(folder, session_type), lambda _: None, shown)
        return
    end_abandoned_sessions(context)
    with (
        session(folder, session_type) as current,
        display(console, title) as shown,
        Journal(folder) as journal,
    ):
        yield Work(current, journal.append, shown)
    drain(folder, context.target)
    with tables_lock(context):
        build(context)
    publish(context)
