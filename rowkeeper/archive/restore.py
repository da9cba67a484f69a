"""The raw tables again, from the journal and the kept loads."""

from dataclasses import dataclass

from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.segments import Finding
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import tables_lock


@dataclass(frozen=True)
class Filled:
    """With how much the tables were filled; ``said`` are sentences on what is worth telling."""

    events: int
    loads: int
    said: tuple[str, ...]


def fill_tables(
    context: Context, damage: list[Finding] | None = None, *, every: bool = False
) -> Filled:
    """Bring the tables up to what the journal of the data folder says.

    The caller holds the run's lock. ``every``: loads that the tables have are loaded again.
    What is damaged in the journal goes to ``damage``, or is raised as ``JournalDamagedError``.
    """
    from loaders.pipeline import refill
    from loaders.summary import read_again_said
    from rowkeeper.archive.kept_words import take_kept
    from rowkeeper.catalogue.publish import publish
    from rowkeeper.core.drain import drain
    from rowkeeper.workspace.build import refresh

    folder = journal_dir(context.settings.data_dir)
    events = drain(folder, context.target, damage)
    with tables_lock(context):
        filled = refill(context.settings, context.target, damage, every=every)
        refresh(context)
    take_kept(context)
    publish(context)
    return Filled(events, filled.loads, tuple(read_again_said(filled.read_again)))
