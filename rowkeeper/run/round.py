"""One round: ingest, build, repair, download, upload, evict, build, publish."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rowkeeper.core.errors import (
    DiskError,
    DiskFullError,
    NewerVersionError,
    StoreError,
    UsageError,
    WarehouseError,
)
from rowkeeper.core.progress import Reporter
from rowkeeper.run.options import HERE, FetchOptions
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.data_folder import check_disk, strangers_said
from rowkeeper.workspace.locks import loads_lock, tables_lock
from rowkeeper.workspace.run_log import RunLog, exit_code_of, recorded
from rowkeeper.workspace.selection import Selection, require_people

if TYPE_CHECKING:
    import downloaders.pool
    import uploaders.pool
    from rowkeeper.workspace.last_build import Warned

T = TypeVar("T")

UNREADABLE = (WarehouseError, NewerVersionError)
"""Errors after which the tables can't be read, or may not be."""


@dataclass(frozen=True)
class Moved:
    """What a round moved. None: the store refused before it. ``warnings``: of the last build."""

    restored: int | None
    downloaded: "downloaders.pool.DownloadSummary | None"
    uploaded: "uploaders.pool.UploadSummary | None"
    evicted: int | None
    warnings: "list[Warned]"
    refusal: StoreError | None

    @property
    def archived(self) -> int | None:
        """How many assets the store got, those past the disk too. None: it refused before it."""
        straight = self.downloaded.archived if self.downloaded else 0
        if self.uploaded is None:
            return straight or None
        return straight + self.uploaded.uploaded

    def counts(self) -> dict[str, int]:
        """How many assets came and went, and the bytes that came."""
        down, up = self.downloaded, self.uploaded
        return {
            "downloaded_assets": down.downloaded if down else 0,
            "downloaded_bytes": down.size_bytes if down else 0,
            "failed_downloads": down.failed if down else 0,
            "uploaded_assets": self.archived or 0,
            "failed_uploads": up.failed if up else 0,
            "paused_providers": len(down.paused_providers) if down else 0,
        }


@contextmanager
def begun(context: Context, reporter: Reporter) -> Iterator[RunLog]:
    """A run whose data folder was looked at, and which is told in ``runs`` from here on.

    Raises ``RowkeeperError``, before anything is written.
    """
    from rowkeeper.core.journal.journal import journal_dir

    for said in filter(None, (*check_disk(context), strangers_said(context))):
        reporter.say(said)
    if not journal_dir(context.settings.data_dir).exists():
        require_sources(context)
    with told_to_readers(context, reporter) as log:
        yield log


@contextmanager
def told_to_readers(context: Context, reporter: Reporter) -> Iterator[RunLog]:
    """A recorded run. One that ends early with an error, too, leaves readers how it ended and what
    there is, as far as can be; an interrupted one ends at once, and ``status`` tells its pages."""
    log: RunLog | None = None
    try:
        with recorded(context) as log:
            yield log
    except Exception as error:
        is_shown = log is not None and log.shown == exit_code_of(error)
        if log is not None and not is_shown and not isinstance(error, UNREADABLE):
            with suppress(Exception):  # what goes wrong here is not what went wrong
                _show_readers(context, reporter)
        raise


def go_round(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    log: RunLog,
    options: FetchOptions = HERE,
) -> Moved:
    """One round that has ``begun``, under the folder's lock. Raises ``RowkeeperError``."""
    from loaders.pipeline import ingest
    from loaders.summary import summary_text
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.core.warehouse import connect
    from rowkeeper.run.results import take_up
    from rowkeeper.workspace.build import refresh

    folder = journal_dir(context.settings.data_dir)
    # locked, damaged or newer, it says so first; what is open opens again for nothing
    with connect(context.target):
        drain(folder, context.target)
        left = take_up(context)
    if left:
        reporter.say(f"Took up {left} assets that a cluster had fetched for a run that ended.")
    with tables_lock(context):
        with loads_lock(context):
            log.ingested(summary := ingest(context.settings, context.target))
        reporter.say(summary_text(summary))
        refresh(context, reporter.say)
    require_people(context, selection)
    return move(context, reporter, selection, log, options)


def require_sources(context: Context) -> None:
    """Raises ``UsageError`` if neither a sheet nor a CSV is named."""
    from loaders.summary import NOTHING_NAMED

    if not context.settings.sheet.source and not context.settings.legacy_csv.paths:
        raise UsageError(NOTHING_NAMED)


def move(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    log: RunLog,
    options: FetchOptions = HERE,
) -> Moved:
    """Repair, download, upload, evict, build and publish: the second half of a round.

    If the store refuses, everything else is done first. What readers get says how the run ended.
    """
    from rowkeeper.archive.evict import evict_files
    from rowkeeper.archive.refused import find_lost
    from rowkeeper.archive.repair import repair
    from rowkeeper.archive.words import read_words
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.run.transfer import download_pending, upload_pending
    from rowkeeper.workspace.build import refresh
    from rowkeeper.workspace.sessions import end_abandoned_sessions

    end_abandoned_sessions(context)
    _, shut = _try(lambda: _open_store(context, reporter))
    restored, unread = _try(lambda: repair(context, reporter, selection))
    downloaded, closed = _try(lambda: download_pending(context, reporter, selection, options))
    uploaded, refusal = _try(lambda: upload_pending(context, reporter, selection))
    if uploaded is not None and uploaded.failed:
        find_lost(context, reporter)
    every = not context.settings.upload.keep_local
    evicted, unasked = _try(lambda: evict_files(context, reporter, selection, every=every))
    drain(journal_dir(context.settings.data_dir), context.target)
    with tables_lock(context):
        warnings = refresh(context, reporter.say)
    _, wordless = _try(lambda: read_words(context, reporter))
    refused = shut or closed or refusal or unread or unasked or wordless
    moved = Moved(restored, downloaded, uploaded, evicted, warnings, refused)
    _end(context, reporter, log, moved)
    return moved


def _end(context: Context, reporter: Reporter, log: RunLog, moved: Moved) -> None:
    refused = moved.refusal
    log.details |= moved.counts()
    log.end(code := refused.exit_code if refused else 0, str(refused) if refused else None)
    _show_readers(context, reporter)
    log.shown = code


def _show_readers(context: Context, reporter: Reporter) -> None:
    from rowkeeper.catalogue.publish import publish

    publish(context)
    _write_site(context, reporter)


def _write_site(context: Context, reporter: Reporter) -> None:
    """Bring the pages up to the catalogue. A run is not undone where a disk has no room."""
    from rowkeeper.catalogue.site.write import write_site

    if not context.settings.site.write:
        return
    try:
        write_site(context)
    except (DiskError, DiskFullError, UsageError) as error:
        reporter.say(f"The pages of the catalogue were not written: {error}")


def _open_store(context: Context, reporter: Reporter) -> None:
    """Know the store again that has moved, and say which others are not open."""
    from rowkeeper.archive.stores import find_moved, not_open
    from rowkeeper.core.warehouse import connect
    from rowkeeper.workspace.build import refresh
    from rowkeeper.workspace.store_identity import open_folder_known

    store = open_folder_known(context)
    if find_moved(context, store):
        with tables_lock(context):
            refresh(context, reporter.say)
    with connect(context.target) as warehouse:
        for name, count in not_open(context, warehouse, store).items():
            reporter.say(f"Not open: {name} has {count} objects of assets: see rowkeeper verify.")


def _try(step: Callable[[], T]) -> tuple[T | None, StoreError | None]:
    try:
        return step(), None
    except StoreError as error:
        return None, error
