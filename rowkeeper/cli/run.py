"""``rowkeeper run``: ingest, build, download, upload, build, and a few lines about all that."""

from dataclasses import asdict
from typing import Any

import click
from rich.filesize import decimal

from rowkeeper.cli.options import (
    json_lines_option,
    people_option,
    prepare,
    quiet_option,
    source_options,
    warehouse_options,
)
from rowkeeper.cli.terminal import EventTerminal, Terminal, console
from rowkeeper.core.errors import LossError, RowkeeperError
from rowkeeper.run.metrics import measured
from rowkeeper.run.notify import notified
from rowkeeper.run.options import FetchOptions
from rowkeeper.run.plan import say_plan
from rowkeeper.run.round import Moved, begun, go_round, require_sources
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import KINDS, select


@click.command()
@click.option(
    "--mode",
    type=click.Choice(list(KINDS)),
    default="full",
    help="basic: people only; text: and their documents; full (the default): everything.",
)
@people_option
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N downloads.")
@click.option("--stream", is_flag=True, help="Past the disk into the store, where that can be.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Fetch on the workers of tls://scheduler:8786, or of local:4, which starts four.",
)
@click.option("--reread", is_flag=True, help="Read lists and documents again, whatever their age.")
@click.option(
    "--known-earlier",
    flag_value="fetch",
    help="Fetch what only earlier CSV rows know and no later one denies, too.",
)
@click.option(
    "--new-folder",
    is_flag=True,
    default=None,
    help="Begin a new data folder where another was.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would do; write nothing.")
@json_lines_option
@source_options
@quiet_option
@warehouse_options
def command(
    mode: str,
    people: str | None,
    limit: int | None,
    stream: bool,
    cluster: str | None,
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
    once they are archived. With --cluster the links are fetched by other machines (docs/scale.md).
    """
    selection = select(mode, people, limit)
    context = prepare(target, **sources)
    if cluster:
        from rowkeeper.run.cluster import check_cluster

        check_cluster(context, cluster)
    out = EventTerminal() if as_json else console()
    if dry_run:
        say_plan(context, selection, out, reread=reread)
        return
    with (
        measured(context, out) as run,
        run_lock(context),
        notified(context, out),
        begun(context, out) as log,
    ):
        run.done = go_round(context, out, selection, log, FetchOptions(stream, reread, cluster))
        refusal = show(context, out, run.done)
        if refusal:
            raise refusal
        require_sources(context)


def show(context: Context, out: Terminal, done: Moved) -> RowkeeperError | None:
    """Say what a round did and what there is, and write the CSV beside it.

    The error with which the command ends: the store's refusal, or what that CSV would lose.
    """
    from rowkeeper.cli.status import print_overview
    from rowkeeper.migration.export.export import dual_write

    if isinstance(out, EventTerminal):
        out.event(
            "finished",
            downloads=asdict(done.downloaded) if done.downloaded else None,
            uploads=asdict(done.uploaded) if done.uploaded else None,
            message=str(done.refusal) if done.refusal else None,
        )
    out.say(_words(done))
    print_overview(context, out, done.warnings)
    try:
        if written := dual_write(context):
            out.say(f"legacy CSV: {written}")
    except LossError as loss:
        if done.refusal is None:
            return loss
        out.say(str(loss))
    return done.refusal


def _words(done: Moved) -> str:
    from rowkeeper.cli.status import by_worker

    downloaded, uploaded = done.downloaded, done.uploaded
    said = [f"Brought {done.restored} lost files back from the archive."] if done.restored else []
    if downloaded is not None:
        size = decimal(downloaded.size_bytes)
        said.append(
            f"Downloaded {downloaded.downloaded} assets ({size}), {downloaded.failed} failed."
        )
        if downloaded.unchanged:
            said.append(f"Read {downloaded.unchanged} again that had not changed.")
        if downloaded.left:
            said.append(f"Left {downloaded.left} to another run that fetches them.")
        if workers := downloaded.workers:
            said.append(f"Of these by worker: {by_worker(workers)}.")
        paused = downloaded.paused_providers.items()
        said += [f"Paused {provider}: {reason}" for provider, reason in paused]
    if done.archived is not None:
        said.append(f"Archived {done.archived}, {uploaded.failed if uploaded else 0} failed.")
    if done.evicted:
        said.append(f"Removed {done.evicted} files that the archive has.")
    return " ".join(said)
