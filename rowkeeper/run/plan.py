"""``rowkeeper run --dry-run``: what a run would load, fetch and archive. It writes nothing."""

from collections import Counter
from functools import partial
from pathlib import Path

from rowkeeper.core.progress import Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection, require_people


def say_plan(
    context: Context, selection: Selection, reporter: Reporter, *, reread: bool = False
) -> None:
    """Say what a run would do, from the sources and from the tables as they are.

    Raises ``RowkeeperError`` where a run would.
    """
    from loaders.pipeline import preview
    from loaders.summary import summary_text

    summary = preview(context.settings, context.target)
    said = summary_text(summary).replace(", loaded.", ", would be loaded.")
    reporter.say(f"Nothing is written. {said}")
    if selection.moves_nothing:
        reporter.say("The mode basic fetches nothing.")
    elif not _is_built(context):
        reporter.say("What would be fetched is known after the first load: run --mode basic.")
    else:
        _say_pending(context, selection, reporter, summary.changed, reread=reread)


def _is_built(context: Context) -> bool:
    target = context.target
    if target.path and not Path(target.path).exists():
        return False
    with connect(target, read_only=True) as warehouse:
        return "pending_downloads" in warehouse.tables(target.schema)


def _say_pending(
    context: Context, selection: Selection, reporter: Reporter, changed: bool, *, reread: bool
) -> None:
    from rowkeeper.run.pending import all_pages, due_rereads, pending_downloads, pending_uploads

    if not changed:  # who is new in the sheet is in no table yet
        require_people(context, selection)
    downloads = selection.of(list(all_pages(context, pending_downloads)))[: selection.limit]
    due = partial(due_rereads, reread=reread)
    rereads = selection.of(list(all_pages(context, due)))
    uploads = selection.of(list(all_pages(context, pending_uploads)))
    people = len({request.row_id for request in downloads})
    kinds = Counter(request.asset_kind for request in downloads)
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing"
    reporter.say(
        f"Would fetch {listed}, of {people} people; playlists and folders may lead to more."
    )
    reporter.say(f"Would read {len(rereads)} lists, documents and unfinished media again.")
    reporter.say(f"Would archive {len(uploads)} files that are here, and what is fetched.")
    if context.settings.legacy_csv.known_earlier == "fetch":
        reporter.say("What only earlier CSV rows know is fetched, too, once the tables are built.")
    if changed:
        reporter.say("What the new rows ask for comes on top.")
