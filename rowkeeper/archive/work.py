"""What commands do around their work on stored objects: drain, say what happens, build."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from rowkeeper.core.drain import drain
from rowkeeper.core.events import Asset, AssetEvent, EventType
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.pool import Stop, run_bounded
from rowkeeper.core.progress import Display, Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import tables_lock
from rowkeeper.workspace.sessions import Session, end_abandoned_sessions, session

if TYPE_CHECKING:
    from uploaders.base import Store

T = TypeVar("T")


@dataclass
class SessionWork:
    """A session under way, where its events go and where it is shown.

    ``is_news``: whether people are to read of it in the tables at once.
    """

    session: Session
    emit: Callable[[AssetEvent], object]
    shown: Display
    is_news: bool = True


@dataclass
class StoreWork:
    """What threads share that work on stored objects: where they are, how it is told, when to end.

    ``session_id``, ``emit`` and ``shown`` are those of a :class:`Work`.
    """

    context: Context
    store: "Store"
    session_id: str
    emit: Callable[[AssetEvent], object]
    shown: Display
    stop: Stop = field(default_factory=Stop, init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        from uploaders.retrying import retrying

        self.store = retrying(self.store, self.context.settings.upload, self.stop.sleep)

    def each(self, items: Iterable[T], act: Callable[[T], None], name: str) -> None:
        """Call ``act`` for all ``items`` on as many threads as uploads have. Raises as
        ``run_bounded``."""
        run_bounded(act, {"": items}, self.context.settings.upload.workers, self.stop, name)

    def tell(self, asset: Asset, event_type: EventType, **facts: Any) -> None:
        """Append an event about ``asset``."""
        self.emit(
            AssetEvent.about(asset, event_type=event_type, session_id=self.session_id, **facts)
        )


@contextmanager
def in_session(
    context: Context, reporter: Reporter, session_type: str, title: str
) -> Iterator[SessionWork]:
    """A session with a journal of its own, which is drained when it has ended."""
    folder = journal_dir(context.settings.data_dir)
    with (
        session(folder, session_type) as current,
        reporter.display(title) as shown,
        Journal(folder) as journal,
    ):
        yield SessionWork(current, journal.append, shown)
    drain(folder, context.target)


@contextmanager
def at_work(
    context: Context,
    reporter: Reporter,
    session_type: str,
    title: str,
    dry_run: bool,
    store: "Store",
) -> Iterator[SessionWork]:
    """Work on tables that are up to date, built again when it has ended with news; under the run's
    lock.

    What was said before an interrupt stays in the journal. ``dry_run``: nothing is written at all,
    so the tables are taken as they are. A store that was moved to ``store`` is known before it
    begins. Raises ``WarehouseError`` before the first build.
    """
    from rowkeeper.archive.stores import find_moved, is_readable
    from rowkeeper.catalogue.built import require_built
    from rowkeeper.catalogue.publish import publish
    from rowkeeper.workspace.build import refresh

    folder = journal_dir(context.settings.data_dir)
    if not dry_run:
        drain(folder, context.target)
    with connect(context.target, read_only=True) as warehouse:
        require_built(context, warehouse, earlier_will_do=not dry_run)
    if dry_run:
        with reporter.display(title) as shown:
            yield SessionWork(Session(folder, session_type), lambda _: None, shown)
        return
    if not is_readable(context):
        with tables_lock(context):
            refresh(context, reporter.say)
    end_abandoned_sessions(context)
    if find_moved(context, store):
        with tables_lock(context):
            refresh(context, reporter.say)
    with in_session(context, reporter, session_type, title) as work:
        yield work
    if work.is_news:
        with tables_lock(context):
            refresh(context, reporter.say)
        publish(context)
