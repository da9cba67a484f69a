"""Back to the CSV: the file as the old system needs it, and what that file can't say."""

from dataclasses import dataclass
from pathlib import Path

from rowkeeper.cli.export import DUAL_WRITE_GENERATION, Exported, export_csv
from rowkeeper.cli.options import Context
from rowkeeper.export.files import write_keeping
from rowkeeper.legacy_csv import GENERATIONS
from rowkeeper.warehouse import connect

KEPT = 10
COUNTS = """
select
    (select count(*) from {schema}.assets
        where asset_type = 'google_doc' and download_status = 'uploaded'),
    (select count(*) from {schema}.assets
        where asset_type = 'youtube_transcript' and download_status = 'uploaded'),
    (select count(*) from {schema}.assets where parent_asset_id is not null),
    (select count(*) from {schema}.assets where verdict in ('needs_person', 'pause')),
    (select count(*) from {schema}.people where coalesce(status, '') || coalesce(notes, '') != ''),
    (select count(*) from {schema}.quarantine where source = 'sheet' and needs_mending),
    (select count(*) from raw.asset_events)
"""
WORDS = (
    "{} archived documents: file_uuids knows videos and Drive files only",
    "{} archived transcripts: youtube_files names them, no column says where they are",
    "which playlist or folder {} assets came from",
    "that {} assets need a person or a pause: the CSV knows failed and permanent_failure only",
    "status and notes of {} people of the sheet",
    "{} rows of the sheet that are in quarantine",
    "hashes, sizes, attempts and sessions, which {} events tell",
)


@dataclass(frozen=True)
class RolledBack:
    """What was written, and what it can't express; each a phrase."""

    made: Exported
    losses: tuple[str, ...]


def roll_back(context: Context, path: Path, generation: int | None) -> RolledBack:
    """Write the CSV to ``path``; another content that is there is kept beside it.

    Nothing else changes: the warehouse and the store stay. Raises ``WarehouseError``,
    ``UsageError``.
    """
    made = export_csv(context, generation or DUAL_WRITE_GENERATION)
    write_keeping(path, made.export.data, KEPT)
    with connect(context.target, read_only=True) as warehouse:
        ((*counts,),) = warehouse.query(COUNTS.format(schema=context.target.schema))
    losses = [words.format(count) for words, count in zip(WORDS, counts, strict=True) if count]
    if made.export.left_out:
        losses.append(f"{made.export.left_out} people who left the sheet before this CSV had them")
    columns = GENERATIONS[generation or DUAL_WRITE_GENERATION]
    lacking = [name for name in GENERATIONS[DUAL_WRITE_GENERATION] if name not in columns]
    if lacking:
        losses.append(f"what the columns {', '.join(lacking)} would say")
    return RolledBack(made, tuple(losses))
