"""Is what raw holds what the source files held? Their hashes say so."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from loaders.legacy_files import read_content
from loaders.sheet import configured_sheet
from rowkeeper.cli.reconcile_cells import LOST, Difference
from rowkeeper.cli.reconcile_rows import SourceRow
from rowkeeper.errors import InputError, RowkeeperError
from rowkeeper.export.guard import is_marked, unguard
from rowkeeper.export.records import Record
from rowkeeper.export.table import encoded
from rowkeeper.export.warehouse import LegacyFile, decoded
from rowkeeper.legacy_csv import is_nothing
from rowkeeper.settings import Settings
from rowkeeper.text import sha256, to_json

BY_FILE, BY_RAW, CHANGED, NONE = "file", "raw", "raw; the file has changed since", "none"


def legacy_proof(file: LegacyFile, rows: Sequence[SourceRow]) -> str:
    """How it is proved that raw has the whole file: by the file, which is still there, or by raw,
    whose text has the file's SHA-256; 'none' if it hasn't."""
    head = ((file.preamble or "", None), (file.header_text, decoded(file.header_base64)))
    parts = ((row.record_text, decoded(row.record_base64)) for row in rows)
    if digest(encoded([*head, *parts], file.encoding)[0]) != file.file_sha256:
        return NONE
    try:
        now = digest(read_content(Path(file.file_path)).data)
    except InputError:
        return BY_RAW
    return BY_FILE if now == file.file_sha256 else CHANGED


def sheet_proof(
    content_sha256: str, rows: Sequence[SourceRow], settings: Settings, source: str
) -> str:
    """As ``legacy_proof``, by the hash over the snapshot's rows."""
    hashes = [[row.line, sha256(row.cells)] for row in rows]
    if sha256(to_json(hashes)) != content_sha256:
        return NONE
    if not Path(source).is_file():
        return BY_RAW
    try:
        now = configured_sheet(settings, source).content_sha256
    except RowkeeperError:
        return CHANGED
    return BY_FILE if now == content_sha256 else CHANGED


def cell_faults(file: LegacyFile, row: SourceRow) -> Iterator[Difference]:
    """Where the cells of a legacy row are not those of its text."""
    mark = file.delimiter or ","
    guarded = is_marked(Record.parse(file.header_text, mark).cells[0])
    cells = Record.parse(row.record_text, mark).cells
    cells = tuple(unguard(cell) for cell in cells) if guarded else cells
    held = json.loads(row.cells)
    if list(cells) != held and (held or any(cells)):
        reason = "the cells in raw are not those of the record's text"
        yield Difference(
            LOST, file.file_name, row.line, "", row.row_id or "", row.cells, "", reason
        )


def unknown_columns(file: LegacyFile, rows: Sequence[SourceRow]) -> dict[str, int]:
    """Title of each column that nobody knows -> its filled cells in rows as wide as the header."""
    titles, layout = json.loads(file.header), json.loads(file.layout or "[]")
    unknown = [place for place, name in enumerate(layout) if not name]
    wide = [cells for row in rows if len(cells := json.loads(row.cells)) == len(titles)]
    return {titles[place]: sum(not is_nothing(cells[place]) for cells in wide) for place in unknown}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
