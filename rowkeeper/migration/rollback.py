"""Back to the CSV: the file as the old system needs it, and what that file can't say."""

from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import LossError
from rowkeeper.core.files import write_keeping
from rowkeeper.core.warehouse import connect
from rowkeeper.migration.export.comparison import refusal
from rowkeeper.migration.export.export import (
    DUAL_WRITE_GENERATION,
    Exported,
    export_csv,
    find_losses,
)
from rowkeeper.migration.export.losses import Loss
from rowkeeper.workspace.context import Context

KEPT = 10
COUNTS = """
select
    (select count(*) from {schema}.assets
        where asset_type = 'google_doc' and download_status = 'uploaded') as documents,
    (select count(*) from {schema}.assets
        where asset_type = 'youtube_transcript' and download_status = 'uploaded') as transcripts,
    (select count(*) from {schema}.assets where parent_asset_id is not null) as listed,
    (select count(*) from {schema}.assets where verdict in ('needs_person', 'pause')) as held_up,
    (select count(*) from {schema}.people
        where coalesce(status, '') || coalesce(notes, '') != '') as noted,
    (select count(*) from {schema}.quarantine
        where source = 'sheet' and needs_mending) as quarantined,
    (select count(*) from raw.asset_events) as events
"""
APART = "select file_name from {schema}.legacy_files where is_apart order by file_name"
WORDS = {
    "documents": "{} archived documents: file_uuids knows videos and Drive files only",
    "transcripts": "{} archived transcripts: youtube_files names them, no column says where they "
    "are",
    "listed": "which playlist or folder {} assets came from",
    "held_up": "that {} assets need a person or a pause: the CSV knows failed and "
    "permanent_failure only",
    "noted": "status and notes of {} people of the sheet",
    "quarantined": "{} rows of the sheet that are in quarantine",
    "events": "hashes, sizes, attempts and sessions, which {} events tell",
}
"""What the CSV can't express, by the names of ``COUNTS``."""


@dataclass(frozen=True)
class RolledBack:
    """What was written, and what it can't express; each a phrase. ``lost`` was accepted."""

    made: Exported
    losses: tuple[str, ...]
    lost: tuple[Loss, ...]


def roll_back(
    context: Context, path: Path, generation: int | None, base: str | None = None
) -> RolledBack:
    """Write the CSV to ``path``; another content that is there is kept beside it.

    ``base`` is the loaded file to start from, its name or SHA-256; without it the one that covers
    most. Nothing else changes: the warehouse and the store stay. Raises ``LossError`` if something
    would be lost and ``legacy_csv.accept_losses`` is off, ``WarehouseError``, ``UsageError``.
    """
    made = export_csv(context, generation, base, whole=True)
    comparison = find_losses(context, made, path)
    if comparison.losses and not context.settings.legacy_csv.accept_losses:
        raise LossError(refusal(path, comparison.losses))
    write_keeping(path, made.export.data, KEPT)
    with connect(context.target, read_only=True) as warehouse:
        counts: dict[str, int] = warehouse.records(dict, COUNTS)[0]
        apart = warehouse.column(APART)
    losses = [str(loss) for loss in (*comparison.losses, *comparison.untold)]
    losses += [words.format(counts[name]) for name, words in WORDS.items() if counts[name]]
    if made.export.dropped:
        losses.append(f"{made.export.dropped} rows whose row id has another row of their file")
    if comparison.aside:
        losses.append(f"{comparison.aside} rows of other files that are in quarantine")
    if comparison.ignored:
        losses.append(f"{comparison.ignored} rows that legacy_csv.ignore leaves out")
    columns = GENERATIONS[
        made.base.generation if made.base else generation or DUAL_WRITE_GENERATION
    ]
    lacking = [name for name in GENERATIONS[DUAL_WRITE_GENERATION] if name not in columns]
    if lacking:
        losses.append(f"what the columns {', '.join(lacking)} would say")
    losses += [
        f"whether the people of {name}, who are in no other source, are real" for name in apart
    ]
    return RolledBack(made, tuple(losses), comparison.losses)
