"""One round: ingest, build, repair, download, upload, evict, build, publish."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rowkeeper.core.errors import StoreError, UsageError
from rowkeeper.core.progress import Reporter
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.data_folder import check_disk, strangers_said
from rowkeeper.workspace.locks import tables_lock
from rowkeeper.workspace.selection import Selection, require_people

if TYPE_CHECKING:
    import downloaders.pool
    import uploaders.pool
    from rowkeeper.workspace.last_build import Warned

T = TypeVar("T")


@dataclass(frozen=True)
class Moved:
    """What a round moved. None: the store refused before it. ``warnings``: of the last build."""

    restored: int | None
    downloaded: "downloaders.pool.Summary | None"
    uploaded: "uploaders.pool.Summary | None"
    evicted: int | None
    warnings: "list[Warned]"
    refusal: StoreError | None


def go_round(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    *,
    stream: bool = False,
    reread: bool = False,
) -> Moved:
    """One round, under the lock of the data folder. Raises ``RowkeeperError``."""
    from loaders.matches import link_matches
    from loaders.pipeline import ingest
    from loaders.summary import summary_text
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.core.warehouse import connect
    from rowkeeper.workspace.build import refresh

    for said in filter(None, (*check_disk(context), strangers_said(context))):
        reporter.say(said)
    folder = journal_dir(context.settings.data_dir)
    if not folder.exists():
        require_sources(context)
    with connect(context.target):  # locked, damaged or of a newer version, it says so first
        pass
    drain(folder, context.target)
    with tables_lock(context):
        reporter.say(summary_text(ingest(context.settings, context.target)))
        refresh(context)
        link_matches(context.settings.data_dir, context.target)
    require_people(context, selection)
    return move(context, reporter, selection, stream=stream, reread=reread)


def require_sources(context: Context) -> None:
    """Raises ``UsageError`` if neither a sheet nor a CSV is named."""
    from loaders.summary import NOTHING_NAMED

    if not context.settings.sheet.source and not context.settings.legacy_csv.paths:
        raise UsageError(NOTHING_NAMED)


def move(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    *,
    stream: bool = False,
    reread: bool = False,
) -> Moved:
    """Repair, download, upload, evict, build and publish: the second half of a round.

    If the store refuses, everything else is done first.
    """
    from rowkeeper.archive.evict import drop_files
    from rowkeeper.archive.refused import find_lost
    from rowkeeper.archive.repair import heal
    from rowkeeper.catalogue.publish import publish
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.run.transfer import download_pending, upload_pending
    from rowkeeper.workspace.build import refresh
    from rowkeeper.workspace.sessions import end_abandoned_sessions

    end_abandoned_sessions(context)
    _, shut = _try(lambda: _open_store(context, reporter))
    restored, unread = _try(lambda: heal(context, reporter, selection))
    downloaded, closed = _try(
        lambda: download_pending(context, reporter, selection, stream=stream, reread=reread)
    )
    uploaded, refusal = _try(lambda: upload_pending(context, reporter, selection))
    if uploaded is not None and uploaded.failed:
        find_lost(context, reporter)
    every = not context.settings.upload.keep_local
    evicted, unasked = _try(lambda: drop_files(context, reporter, selection, every=every))
    drain(journal_dir(context.settings.data_dir), context.target)
    with tables_lock(context):
        warnings = refresh(context)
    publish(context)
    refused = shut or closed or refusal or unread or unasked
    return Moved(restored, downloaded, uploaded, evicted, warnings, refused)


def _open_store(context: Context, reporter: Reporter) -> None:
    """Know the store again that has moved, and say which others are not open."""
    from rowkeeper.archive.stores import find_moved, not_open
    from rowkeeper.core.warehouse import connect
    from rowkeeper.workspace.build import refresh
    from rowkeeper.workspace.store_identity import identify_folder
    from uploaders.registry import open_store

    identify_folder(context)
    store = open_store(context.settings)
    if find_moved(context, store):
        with tables_lock(context):
            refresh(context)
    with connect(context.target) as warehouse:
        for name, count in not_open(context, warehouse, store).items():
            reporter.say(f"Not open: {name} has {count} objects of assets: see rowkeeper verify.")


def _try(step: Callable[[], T]) -> tuple[T | None, StoreError | None]:
    try:
        return step(), None
    except StoreError as error:
        return None, error
