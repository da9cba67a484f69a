"""Rows as the snapshot of a sheet."""

from collections.abc import Sequence
from typing import Any

from loaders.columns import WantedColumns
from loaders.grid import Cell, Line, Tab
from loaders.sheet import Snapshot, snapshot_of
from tests.helpers.sources import Rows


def read(rows: Rows, columns: Any = None, row_id: Sequence[str] = ()) -> Snapshot:
    """``rows`` as the one tab of a sheet, read by the settings ``columns`` and ``row_id``."""
    return snapshot_of("s", [tab_of(rows)], None, WantedColumns.of(columns, row_id))


def tab_of(rows: Rows) -> Tab:
    lines = tuple(Line(n, tuple(map(Cell, row))) for n, row in enumerate(rows, 1))
    return Tab("0", "People", lines)
