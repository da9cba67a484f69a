"""``rowkeeper run``: ingest, build, download, upload, build, and a few lines about all that."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.filesize import decimal

from rowkeeper.cli.options import prepare, source_options, warehouse_options
from rowkeeper.cli.terminal import EventConsole, console
from rowkeeper.core.errors import LossError, RowkeeperError, StoreError, UsageError
from rowkeeper.run.plan import print_plan
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock, tables_lock
from rowkeeper.workspace.selection import KINDS, Selection, require_people, select

if TYPE_CHECKING:
    import downloaders.pool
    import uploaders.pool
    from rowkeeper.workspace.build import Warned

T = TypeVar("T")


@click.command()
@click.option(
    "--mode",
    type=click.Choice(list(KINDS)),
    default="full",
    help="basic: people only; text: and their documents; full (the default): everything.",
)
@click.option("--people", metavar="ROWS", help="Only these row ids, such as 12,40-60.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N downloads.")
@click.option("--stream", is_flag=True, help="Past the disk into the store, where that can be.")
@click.option("--reread", is_flag=True, help="Read lists and documents again, whatever their age.")
@click.option(
    "--known-earlier",
    flag_value="fetch",
    help="Fetch what only earlier CSV rows know and no later one denies, too.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would do; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines; words on stderr.")
@source_options
@warehouse_options
def command(
    mode: str,
    people: str | None,
    limit: int | None,
    stream: bool,
    reread: bool,
    dry_run: bool,
    as_json: bool,
    target: str | None,
    **sources: Any,
) -> None:
    """Ingest, build, download, upload, build: the whole road, once.

    Running it again goes on where the last run ended; with nothing new it changes nothing. The
    sheet and the CSVs are always taken whole; --people and --limit are about their content. With
    --stream nothing stays on this disk: direct and Drive media never touch it, others are removed
    once they are archived.
    """
    selection = select(mode, people, limit)
    context = prepare(target, **sources)
    out = EventConsole() if as_json else console()
    if dry_run:
        print_plan(context, selection, out, reread=reread)
    else:
        run(context, out, selection, stream=stream, reread=reread)


def run(
    context: Context,
    console: Console,
    selection: Selection,
    *,
    stream: bool = False,
    reread: bool = False,
) -> None:
    """One run under the lock of the data folder.

    Raises ``RowkeeperError``. If the store refuses, or no source is named, everything else is done
    first.
    """
    from loaders.matches import link_matches
    from loaders.pipeline import ingest
    from rowkeeper.cli.dlt_plugin import NOTHING_NAMED, summary_text
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.core.warehouse import connect
    from rowkeeper.workspace.build import build

    sheet, files = context.settings.sheet.source, context.settings.legacy_csv.paths
    is_named = bool(sheet or files)
    folder = journal_dir(context.settings.data_dir)
    if not is_named and not folder.exists():
        raise UsageError(NOTHING_NAMED)
    with run_lock(context):
        with connect(context.target):  # locked, damaged or of a newer version, it says so first
            pass
        drain(folder, context.target)
        with tables_lock(context):
            said = summary_text(ingest(context.settings, context.target))
            console.print(said, soft_wrap=True, markup=False)
            warnings = build(context)
            linked = link_matches(context.settings.data_dir, context.target)
        require_people(context, selection)
        known = None if linked else warnings
        refusal = move(context, console, selection, known, stream=stream, reread=reread)
    if refusal:
        raise refusal
    if not is_named:
        raise UsageError(NOTHING_NAMED)


def move(
    context: Context,
    console: Console,
    selection: Selection,
    warnings: "list[Warned] | None" = None,
    *,
    stream: bool = False,
    reread: bool = False,
) -> RowkeeperError | None:
    """Download, upload, build, and say what there is: the second half of a run, under its lock.

    ``warnings`` are those of the tables as they are; without them they are built in any case. If
    the store refuses, or the CSV beside the run would lose something, everything else is done first
    and the error handed back.
    """
    from rowkeeper.archive.evict import drop_files
    from rowkeeper.archive.repair import heal
    from rowkeeper.catalogue.publish import count_events, publish
    from rowkeeper.cli.export import dual_write
    from rowkeeper.cli.status import print_overview
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.run.transfer import download_pending, upload_pending
    from rowkeeper.workspace.build import build
    from rowkeeper.workspace.sessions import end_abandoned_sessions

    known = count_events(context)
    end_abandoned_sessions(context)
    restored, unread = _try(lambda: heal(context, console, selection))
    downloaded, closed = _try(
        lambda: download_pending(context, console, selection, stream=stream, reread=reread)
    )
    uploaded, refusal = _try(lambda: upload_pending(context, console, selection))
    every = not context.settings.upload.keep_local
    dropped, unasked = _try(lambda: drop_files(context, console, selection, every=every))
    refused = closed or refusal or unread or unasked
    drain(journal_dir(context.settings.data_dir), context.target)
    if warnings is None or count_events(context) != known:
        with tables_lock(context):
            warnings = build(context)
    publish(context)
    if isinstance(console, EventConsole):
        _tell(console, downloaded, uploaded, refused)
    console.print(_moved(restored, downloaded, uploaded, dropped), soft_wrap=True)
    print_overview(context, console, warnings)
    try:
        if written := dual_write(context):
            console.print(f"legacy CSV: {written}", markup=False, soft_wrap=True)
    except LossError as loss:
        if refused is None:
            return loss
        console.print(str(loss), markup=False, soft_wrap=True)
    return refused


def _try(step: Callable[[], T]) -> tuple[T | None, StoreError | None]:
    try:
        return step(), None
    except StoreError as error:
        return None, error


def _tell(
    console: EventConsole,
    downloaded: "downloaders.pool.Summary | None",
    uploaded: "uploaders.pool.Summary | None",
    refusal: StoreError | None,
) -> None:
    console.event(
        "finished",
        downloads=asdict(downloaded) if downloaded else None,
        uploads=asdict(uploaded) if uploaded else None,
        message=str(refusal) if refusal else None,
    )


def _moved(
    restored: int | None,
    downloaded: "downloaders.pool.Summary | None",
    uploaded: "uploaders.pool.Summary | None",
    dropped: int | None,
) -> str:
    said = [f"Brought {restored} lost files back from the archive."] if restored else []
    if downloaded is not None:
        size = decimal(downloaded.size_bytes)
        said.append(
            f"Downloaded {downloaded.downloaded} assets ({size}), {downloaded.failed} failed."
        )
        if downloaded.unchanged:
            said.append(f"Read {downloaded.unchanged} again that had not changed.")
        if downloaded.left:
            said.append(f"Left {downloaded.left} to another run that fetches them.")
        paused = downloaded.paused_providers.items()
        said += [f"Paused {provider}: {reason}" for provider, reason in paused]
    if uploaded is not None:
        said.append(f"Archived {uploaded.uploaded}, {uploaded.failed} failed.")
    if dropped:
        said.append(f"Removed {dropped} files that the archive has.")
    return " ".join(said)
