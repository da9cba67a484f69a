"""What the warehouse still has of a journal's lost events."""

import json
from pathlib import Path
from typing import Any

from rowkeeper.core.drain import COLUMNS, held_here, missing_segments
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import journal_dir, sealed_segments, write_sealed
from rowkeeper.core.journal.manifest import SEALED, note_gone
from rowkeeper.core.journal.salvage import Salvaged
from rowkeeper.core.journal.segments import Finding, examine
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.context import Context

OTHERS = """
select session_id from raw.asset_events
where event_type = 'session_started' and details like '%"data_folder"%' and details not like ?
"""
ORDER = f"select {', '.join(COLUMNS)} from raw.asset_events order by occurred_at, event_id"


def missing_here(context: Context) -> list[Finding]:
    """The segments of this folder that the warehouse has and the journal has not.

    Raises ``WarehouseError``.
    """
    if not _is_there(context):
        return []
    folder = journal_dir(context.settings.data_dir)
    with connect(context.target, read_only=True) as warehouse:
        if not _has_folders(warehouse):
            return []
        held = held_here(warehouse, folder_id(context.settings.data_dir))
        return missing_segments(folder, held)


def from_warehouse(context: Context, done: Salvaged) -> int:
    """Write the events that the warehouse has and the journal has not into the journal; how many.

    Those of other data folders are left to them. Raises ``WarehouseError``.
    """
    if not _is_there(context):
        return 0
    folder = journal_dir(context.settings.data_dir)
    ours = folder_id(context.settings.data_dir)
    with connect(context.target, read_only=True) as warehouse:
        if not _has_folders(warehouse):
            return 0
        missing = missing_segments(folder, held_here(warehouse, ours))
        others = set(warehouse.column(OTHERS, [f'%"{ours}"%']))
        records: list[dict[str, Any]] = warehouse.records(dict, ORDER)
    here = {
        event.event_id
        for path in sealed_segments(folder).values()
        for event in examine(path).events
    }
    events = [
        _event(values)
        for values in records
        if values["event_id"] not in here and values["session_id"] not in others
    ]
    if events and (missing or done.findings):
        write_sealed(folder, new_id(), events)
    else:
        events = []
    done.findings += missing
    note_gone(folder, *(f"{SEALED}/{item.path.name}" for item in missing))
    return len(events)


def _is_there(context: Context) -> bool:
    path = context.target.path
    return path is None or Path(path).exists()


def _has_folders(warehouse: Warehouse) -> bool:
    """Has it the drain's tables, in a format that says whose a segment is?"""
    said = warehouse.columns("raw", "journal_segments")
    return "folder_id" in said and "asset_events" in warehouse.tables("raw")


def _event(values: dict[str, Any]) -> AssetEvent:
    """The event of a row of ``raw.asset_events``."""
    values = {name: value for name, value in values.items() if value is not None}
    values["event_type"] = EventType(values["event_type"])
    values["details"] = json.loads(values.get("details") or "{}")
    values["occurred_at"] = values["occurred_at"].isoformat(timespec="microseconds")
    return AssetEvent(**values)
