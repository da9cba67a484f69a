"""The drain: from the journal's sealed segments to ``raw.asset_events``, each event once.

Which segments a warehouse holds is written in that warehouse, in the same transaction as their
events: a killed drain, another target and a warehouse restored from an old backup all mend
themselves at the next drain.
"""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rowkeeper.events import AssetEvent, EventType
from rowkeeper.journal import read_segment, seal_abandoned, sealed_segments
from rowkeeper.warehouse import Target, Warehouse, connect

COLUMNS = tuple(item.name for item in fields(AssetEvent))
TYPES = {
    "event_id": "text primary key",
    "event_version": "bigint not null",
    "event_type": "text not null",
    "session_id": "text not null",
    "occurred_at": "timestamptz not null",
    **dict.fromkeys(("attempt", "size_bytes", "total_assets"), "bigint"),
}
"""The columns of ``raw.asset_events`` that are not plain text."""
BATCH_EVENTS = 10_000


def drain(folder: Path, target: Target) -> int:
    """Move what the journal at ``folder`` has and ``target`` has not; how many events were read.

    Segments of killed writers are sealed first. Raises ``WarehouseError``: then the events stay in
    the journal, and the next drain takes them.
    """
    seal_abandoned(folder)
    segments = sealed_segments(folder)
    if not segments:
        return 0
    count = 0
    with connect(target) as warehouse:
        _create_tables(warehouse)
        held = {row[0] for row in warehouse.query("select segment_id from raw.journal_segments")}
        batch: list[AssetEvent] = []
        names: list[str] = []
        for name in sorted(segments.keys() - held):
            batch += read_segment(segments[name])
            names.append(name)
            if len(batch) >= BATCH_EVENTS:
                count += _insert(warehouse, batch, names)
                batch, names = [], []
        if names:
            count += _insert(warehouse, batch, names)
    return count


def create_statements() -> list[str]:
    """What makes the tables of the drain where they are not there yet."""
    columns = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in COLUMNS)
    since = "loaded_at timestamptz default current_timestamp"
    return [
        "create schema if not exists raw",
        f"create table if not exists raw.asset_events ({columns}, {since})",
        f"create table if not exists raw.journal_segments (segment_id text primary key, {since})",
    ]


def _create_tables(warehouse: Warehouse) -> None:
    for statement in create_statements():
        warehouse.execute(statement)


def _insert(warehouse: Warehouse, events: list[AssetEvent], segments: list[str]) -> int:
    with warehouse.transaction():
        warehouse.insert_new(
            "raw.asset_events", COLUMNS, [_row(event) for event in events], "event_id"
        )
        ids = [(name,) for name in segments]
        warehouse.insert_new("raw.journal_segments", ("segment_id",), ids, "segment_id")
    return len(events)


def _row(event: AssetEvent) -> tuple[Any, ...]:
    values = asdict(event)
    values["event_type"] = EventType(event.event_type).value
    values["details"] = json.dumps(event.details, ensure_ascii=False, sort_keys=True)
    return tuple(values[name] for name in COLUMNS)
