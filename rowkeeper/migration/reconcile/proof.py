"""Is what raw holds what the source files held? Their hashes say so."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.migration.export.table import encoded
from rowkeeper.migration.export.warehouse import LoadedFile, decoded
from rowkeeper.migration.reconcile.rows import SourceRow
from rowkeeper.migration.reconcile.source import MISREAD, SAME, digest, file_digest, file_shows

BY_FILE, BY_RAW, CHANGED, NONE = "file", "raw", "raw; the file has changed since", "none"
MISLOADED = "none; the file has the bytes that were loaded, and other cells"
OTHERWISE = "raw; the file is read otherwise by another reader, which assumes less"


def legacy_proof(file: LoadedFile, rows: Sequence[SourceRow]) -> str:
    """How it is proved that raw has the whole file: by the file, which is still there, or by raw,
    whose text has the file's SHA-256; 'none' if it hasn't."""
    head = ((file.preamble or "", None), (file.header_text, decoded(file.header_base64)))
    parts = ((row.record_text, decoded(row.record_base64)) for row in rows)
    if digest(encoded([*head, *parts], file.encoding)[0]) != file.file_sha256:
        return NONE
    now = file_digest(Path(file.file_path))
    if now is None:
        return BY_RAW
    return BY_FILE if now == file.file_sha256 else CHANGED


def sheet_proof(snapshot: dict[str, Any], rows: Sequence[SourceRow]) -> str:
    """As ``legacy_proof``, by the hash over the rows of ``snapshot``; a file is read by another
    reader than the one that loads it, which knows CSV and HTML.

    Where that finds other cells in the same bytes, and nothing was assumed, there is none.
    """
    hashes = [[row.line, digest(row.cells.encode())] for row in rows]
    if digest(json.dumps(hashes, separators=(",", ":")).encode()) != snapshot["content_sha256"]:
        return NONE
    cells, sha256 = [row.cells for row in rows], snapshot.get("source_sha256")
    shown = file_shows(Path(snapshot["source"]), cells, sha256)
    if shown == MISREAD:
        return OTHERWISE if snapshot.get("notice") else MISLOADED
    if shown is None:
        return BY_RAW
    return BY_FILE if shown == SAME else CHANGED


def unknown_columns(file: LoadedFile, rows: Sequence[SourceRow]) -> dict[str, int]:
    """Title of each column that nobody knows -> its filled cells in rows as wide as the header.

    A title that is blank or stands twice has the column's number, from 1, beside it.
    """
    titles, layout = json.loads(file.header), json.loads(file.layout or "[]")
    wide = [cells for row in rows if len(cells := json.loads(row.cells)) == len(titles)]
    filled, times = {}, Counter(titles)
    for place, title in enumerate(titles[: len(layout)]):
        is_own = title.strip() and times[title] == 1
        name = title if is_own else f"{title} (column {place + 1})".strip()
        if not layout[place]:
            filled[name] = sum(not is_nothing(cells[place]) for cells in wide)
    return filled
