"""The raw tables again, from the journal and the kept loads."""

from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.segments import Finding
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import tables_lock


def fill_tables(
    context: Context, damage: list[Finding] | None = None, *, every: bool = False
) -> tuple[int, int]:
    """Bring the tables up to what the journal of the data folder says; how many events and loads.

    The caller holds the run's lock. ``every``: loads that the tables have are loaded again.
    What is damaged in the journal goes to ``damage``, or is raised as ``JournalDamagedError``.
    """
    from loaders.matches import link_matches
    from loaders.pipeline import refill
    from rowkeeper.catalogue.publish import publish
    from rowkeeper.core.drain import drain
    from rowkeeper.workspace.build import refresh

    folder = journal_dir(context.settings.data_dir)
    events = drain(folder, context.target, damage)
    with tables_lock(context):
        loads = refill(context.settings, context.target, damage, every=every)
        refresh(context)
        if link_matches(context.settings.data_dir, context.target):
            refresh(context)
    publish(context)
    return events, loads
