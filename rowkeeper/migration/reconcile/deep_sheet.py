"""Each raw row of a sheet against the bytes that it was read from, cell by cell."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from rowkeeper.migration.reconcile.differences import Difference, wrong
from rowkeeper.migration.reconcile.sheet_bytes import (
    ShownCell,
    ShownTable,
    bare,
    shown_tables,
)
from rowkeeper.migration.reconcile.source import Record

CELL = "raw has another cell than what the sheet was read from, which was read again"
LINKS = "raw has other links than what the sheet was read from, which was read again"
NO_ROW = "what the sheet was read from has not this row"
NOT_IN_RAW = "raw has not this row of what the sheet was read from"


def against_bytes(
    snapshot: dict[str, Any], rows: Sequence[Record], data: bytes
) -> list[Difference]:
    """Where raw rows differ from ``data``, read in the way that agrees best."""
    source, gid, title = (str(snapshot[name] or "") for name in ("source", "tab_gid", "tab_title"))
    best: list[Difference] | None = None
    for table in shown_tables(data, gid, title, str(snapshot.get("notice") or "")):
        faults = list(_against(source, rows, table))
        if best is None or len(faults) < len(best):
            best = faults
        if not faults:
            break
    if best is None:
        reason = "what the sheet was read from has not the tab that was loaded"
        return [wrong((source, 0), "", "", title or gid, "", reason)]
    return best


def _against(source: str, rows: Sequence[Record], table: ShownTable) -> Iterator[Difference]:
    wanted = dict(table.rows)
    for row in rows:
        at = partial(wrong, (source, row["sheet_row"]))
        held = json.loads(row["cells"] or "[]")
        shown = wanted.pop(row["sheet_row"], None)
        row_id = row["row_id"] or ""
        if shown is None:
            if any(cell["text"] for cell in held):
                yield at("", row_id, "", row["cells"], NO_ROW)
            continue
        for column, cell, kept in _pairs(shown, held, is_exact=table.is_exact):
            if not _is_text(cell.text, kept["text"], keeps_space=table.keeps_space):
                yield at(f"column {column}", row_id, cell.text, kept["text"], CELL)
            elif not _has_links(cell, kept["links"]):
                values = " ".join(cell.links or ()), " ".join(kept["links"])
                yield at(f"column {column}", row_id, *values, LINKS)
    for number, cells in wanted.items():
        if any(cell.text for cell in cells):
            texts = json.dumps([cell.text for cell in cells])
            yield wrong((source, number), "", "", texts, "", NOT_IN_RAW)


def _pairs(
    shown: Sequence[ShownCell], held: Sequence[Any], *, is_exact: bool
) -> Iterator[tuple[int, ShownCell, Any]]:
    """Cells of both sides that should be one; the filled ones where spans hide the columns."""
    ours = [(number, cell) for number, cell in enumerate(held, 1)]
    theirs = list(shown)
    if not is_exact:
        ours = [(number, cell) for number, cell in ours if cell["text"] or cell["links"]]
        theirs = [cell for cell in theirs if cell.text or cell.links]
    blank = {"text": "", "links": []}
    for place in range(max(len(ours), len(theirs))):
        number, kept = ours[place] if place < len(ours) else (place + 1, blank)
        yield number, theirs[place] if place < len(theirs) else ShownCell(), kept


def _has_links(cell: ShownCell, kept: Sequence[str]) -> bool:
    """Are the links of the cell those that are kept, whatever they were wrapped in?"""
    if cell.links is None:
        return True
    shown = [bare(link) for link in cell.links]
    held = [bare(link) for link in kept]
    return all(any(link in other for other in shown) for link in held) and all(
        any(link in other for link in held) for other in shown
    )


def _is_text(shown: str | None, kept: str, *, keeps_space: bool) -> bool:
    if shown is None or keeps_space:
        return shown in (None, kept)
    return re.sub(r"\s+", "", shown) == re.sub(r"\s+", "", kept)
