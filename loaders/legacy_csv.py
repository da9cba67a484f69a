"""The legacy CSV of every generation: each record verbatim, with its line and its own layout."""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as digest
from pathlib import Path

from loaders.legacy_files import Content, find_files, read_content
from rowkeeper.errors import InputError
from rowkeeper.export.guard import is_marked, unguard
from rowkeeper.export.layout import header_layout
from rowkeeper.legacy_csv import COLUMNS, GENERATIONS
from rowkeeper.text import sha256, to_json, trimmed

Layout = tuple[str, ...]
_ROW_ID = re.compile(r"#|row_id|\d{1,9}[a-z]?", re.IGNORECASE)
SHOWN = 10  # unknown columns that an error names
_LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


@dataclass(frozen=True)
class LegacyRow:
    """One record; ``line`` is the physical line on which it starts, from 1.

    ``text`` is the record as it stands, its line end included. ``generation`` and ``values`` (by
    column) follow the record's own layout: None and {} where its width fits none.
    """

    line: int
    generation: int | None
    cells: tuple[str, ...]
    values: Mapping[str, str]
    text: str
    cells_json: str
    content_sha256: str


@dataclass(frozen=True)
class LegacyFile:
    """One file. ``line_end`` is LF, CRLF, CR or mixed; ``header_text`` the header as it stands.

    ``header_text`` and the rows' texts, one after the other, are the text of the file.
    """

    path: Path
    modified_at: datetime
    file_sha256: str
    encoding: str
    line_end: str
    generation: int
    header: tuple[str, ...]
    header_text: str
    rows: tuple[LegacyRow, ...]


@dataclass(frozen=True)
class _Record:
    line: int
    cells: tuple[str, ...]
    text: str


def load_legacy_csv(
    paths: Iterable[str | Path], columns: Mapping[str, str] | None = None
) -> list[LegacyFile]:
    """All files that ``paths`` (files, folders, globs) name, each content once.

    ``columns`` maps our column names to what these files call them. Raises ``InputError`` for the
    first bad file, so that a run takes all files or none.
    """
    files = (read_file(path, columns) for path in find_files(paths))
    return list({file.file_sha256: file for file in files}.values())


def read_file(path: Path, columns: Mapping[str, str] | None = None) -> LegacyFile:
    """The file at ``path``. Raises ``InputError`` that names the file, the line and the remedy."""
    content = read_content(path)
    records = list(_records(content))
    if not records:
        raise InputError(f"The legacy CSV {path} is empty: it has no header on line 1.")
    header, *rest = records
    layout = _layout(path, header, columns or {})
    guarded = is_marked(header.cells[0]) if header.cells else False
    if rest and not content.text.endswith(("\n", "\r")):
        _refuse_half(path, rest[-1], layout)
    return LegacyFile(
        path=path,
        modified_at=content.modified_at,
        file_sha256=digest(content.data).hexdigest(),
        encoding=content.encoding,
        line_end=_line_end(records),
        generation=len(layout),
        header=header.cells,
        header_text=header.text,
        rows=tuple(_row(record, layout, guarded) for record in rest),
    )


def _row(record: _Record, header: Layout, guarded: bool) -> LegacyRow:
    cells = tuple(unguard(cell) for cell in record.cells) if guarded else record.cells
    cells_json = to_json(cells)
    layout = row_layout(cells, header)
    return LegacyRow(
        line=record.line,
        generation=len(layout) if layout else None,
        cells=cells,
        values=dict.fromkeys(layout or (), "") | dict(zip(layout or (), cells, strict=False)),
        text=record.text,
        cells_json=cells_json,
        content_sha256=sha256(cells_json),
    )


def row_layout(cells: tuple[str, ...], header: Layout) -> Layout | None:
    """The columns of a record below ``header``: the header's, else those of its own width.

    Another generation's row that was appended to the file starts with a row id; that tells it from
    a row that lost or gained a cell. None for a record that fits no layout; blank lines fit all.
    """
    if len(cells) == len(header) or not cells:
        return header
    other = GENERATIONS.get(len(cells))
    if other and other[0] == "row_id" and _ROW_ID.fullmatch(trimmed(cells[0])):
        return other
    return None


def _records(content: Content) -> Iterator[_Record]:
    """All records, blank lines too."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(content.text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    start = 1
    try:
        for cells in reader:
            yield _Record(start, tuple(cells), "".join(taken))
            taken.clear()
            start = reader.line_num + 1
    except csv.Error as error:
        raise _no_csv(content.path, start, reader.line_num, error) from error


def _no_csv(path: Path, start: int, line: int, error: csv.Error) -> InputError:
    if "unexpected end" in str(error):
        return InputError(
            f"The legacy CSV {path} ends within the record that starts on line {start}: a quoted "
            "cell is never closed, as in a file cut short; restore the file."
        )
    return InputError(
        f"The legacy CSV {path} is no valid CSV on line {line} ({error}): mend the quotes of the "
        f"record that starts on line {start}."
    )


def _shown(cell: str) -> str:
    """A cell as it may stand in a sentence: on one line and no longer than a title is."""
    text = " ".join("".join(char if char.isprintable() else " " for char in cell).split())
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def _layout(path: Path, header: _Record, columns: Mapping[str, str]) -> Layout:
    """The columns that a header names; in any order, but those of one generation."""
    found = header_layout(header.cells, columns)
    if found and any(sorted(found) == sorted(known) for known in GENERATIONS.values()):
        return found
    named = zip(header.cells, found, strict=True)
    unknown = [_shown(cell) for cell, name in named if name not in COLUMNS]
    if len(unknown) > SHOWN:
        unknown[SHOWN:] = [f"and {len(unknown) - SHOWN} more"]
    nearest = min(GENERATIONS.values(), key=lambda known: len(set(known) ^ set(found)))
    missing = [name for name in nearest if name not in found]
    problems = [
        f"unknown: {', '.join(unknown)}" if unknown else "",
        f"missing of the nearest generation: {', '.join(missing)}" if missing else "",
    ]
    what = "; ".join(filter(None, problems)) or "some known names stand twice or are too many"
    counts = ", ".join(map(str, GENERATIONS))
    raise InputError(
        f"The legacy CSV {path} has the columns of no generation ({counts} columns) on line "
        f"{header.line} ({what}; known: {', '.join(COLUMNS)}): if the file calls a column "
        'something else, say so in legacy_csv.columns, such as {name = "Full name"}.'
    )


def _refuse_half(path: Path, record: _Record, layout: Layout) -> None:
    """A last line without an end that is too short was cut off while it was written."""
    if record.cells and row_layout(record.cells, layout) is None:
        width = len(layout)
        raise InputError(
            f"The legacy CSV {path} ends with half a line: line {record.line} has "
            f"{len(record.cells)} of {width} fields; restore the file or remove that line."
        )


def _line_end(records: list[_Record]) -> str:
    ends = {record.text[len(record.text.rstrip("\r\n")) :] for record in records if record.cells}
    names = {_LINE_ENDS.get(end, "mixed") for end in ends if end}
    return names.pop() if len(names) == 1 else "mixed" if names else "LF"
