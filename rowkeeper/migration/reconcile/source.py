"""A reader of sources that shares nothing with the one that loads them, for comparing its work."""

import csv
import gzip
import hashlib
import io
import json
import re
import sys
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from lxml import etree, html

from rowkeeper.core.csv.legacy import COLUMNS, GENERATIONS
from rowkeeper.migration.reconcile.differences import Difference, wrong

Record = dict[str, Any]
NAMED = ("name", "email", "type", "status", "notes")
"""What the tables take from a sheet by name."""
DELIMITERS = (",", ";", "\t", "|")
SAME, CHANGED, MISREAD = "same", "changed", "misread"
MANY = 0.5
"""A cell that agrees with a column in more than this share of the rows is that column."""


def file_digest(path: Path) -> str | None:
    """The SHA-256 of what a source file holds now, unpacked; None if it can't be read."""
    is_packed = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, EOFError, zlib.error):
        return None


def file_data(path: Path, sha256: str) -> bytes | None:
    """What a source file holds, unpacked; None if that is no longer what has this SHA-256."""
    if file_digest(path) != sha256:
        return None
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix.lower() == ".gz" else data


def digest(data: bytes) -> str:
    """The SHA-256, as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def csv_records(text: str, delimiter: str = ",", **habits: Any) -> Iterator[tuple[int, list[str]]]:
    """The line that each record of a CSV starts on, and its cells; blank lines too.

    ``habits``: as ``csv.reader`` takes them.
    """
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **habits)
    line = 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def row_faults(file: str, line: int, row: Record) -> Iterator[Difference]:
    """A row whose hash is not that of its cells."""
    if row["content_sha256"] not in (None, digest((row["cells"] or "").encode())):
        reason = "the cells in raw are not those that were loaded: their hash is another"
        place = file, line
        yield wrong(
            place, "cells", row["row_id"] or "", row["content_sha256"], row["cells"], reason
        )


def legacy_faults(
    file: str, header_text: str, rows: Sequence[Record], delimiter: str = ","
) -> Iterator[Difference]:
    """Where the cells of a legacy file's rows, or their names, are not those of its text."""
    header = next((cells for _, cells in csv_records(header_text, delimiter)), [])
    is_guarded = header[:1] != [] and header[0].startswith("'")
    cells_of = {row["row_key"]: _cells(row["record_text"] or "", delimiter) for row in rows}
    whole = [(row, cells_of[row["row_key"]]) for row in rows]
    whole = [(row, cells) for row, cells in whole if len(cells) == len(header)]
    places = {name: _titled(name, header) for name in COLUMNS}
    free = set(range(len(header))) - set(places.values())
    for name in (name for name, place in places.items() if place is None):
        places[name] = _agreeing(name, whole, free)
    for row in rows:
        yield from row_faults(file, row["line"], row)
        cells, row_id = cells_of[row["row_key"]], row["row_id"] or ""
        held = json.loads(row["cells"] or "[]")
        if not is_same(cells, held, is_guarded) and (held or any(cells)):
            reason = "the cells in raw are not those of the record's text"
            yield wrong((file, row["line"]), "", row_id, row["record_text"], row["cells"], reason)
        elif held:
            yield from _named_faults(file, row, held, places, len(header))


def _cells(record_text: str, delimiter: str) -> list[str]:
    return next((cells for _, cells in csv_records(record_text, delimiter)), [])


def is_same(cells: Sequence[str], held: Sequence[str], is_guarded: bool) -> bool:
    """Are the cells equal, but for the apostrophes that guard those of a guarded file?"""
    if not is_guarded:
        return list(cells) == list(held)
    return [cell.replace("'", "") for cell in cells] == [cell.replace("'", "") for cell in held]


def _titled(name: str, header: Sequence[str]) -> int | None:
    titles = [re.sub(r"\W+", "_", title.strip(" '\ufeff\t")).casefold() for title in header]
    return titles.index(name) if name in titles else None


def _agreeing(
    name: str, rows: Sequence[tuple[Record, Sequence[str]]], free: Collection[int | None]
) -> int | None:
    """The place of the column that ``name`` has its values from in most rows."""
    agreed = Counter(
        place
        for row, cells in rows
        if row[name] is not None
        for place, cell in enumerate(cells)
        if place in free and cell == row[name]
    )
    best, count = agreed.most_common(1)[0] if agreed else (None, 0)
    filled = sum(row[name] is not None for row, _ in rows)
    return best if count > MANY * filled else None


def _named_faults(
    file: str, row: Record, held: Sequence[str], places: dict[str, int | None], width: int
) -> Iterator[Difference]:
    if len(held) != width:
        layout = GENERATIONS.get(len(held), ())
        own = layout and row["generation"] == len(held)
        places = {name: layout.index(name) if own and name in layout else None for name in COLUMNS}
    for name in COLUMNS:
        place = places[name]
        expected = held[place] if place is not None else None
        if row[name] != expected and (row[name] or expected):
            reason = "raw names another value than the file has"
            where = file, row["line"]
            yield wrong(where, name, row["row_id"] or "", expected, row[name], reason)


def sheet_faults(file: str, rows: Sequence[Record]) -> Iterator[Difference]:
    """Where the values that a snapshot's rows have by name are not cells of theirs.

    The cell of a column is that which most rows agree with; a value that several cells make
    together consists of their words.
    """
    people = [(row, _sheet_texts(row)) for row in rows if not row["is_header"]]
    for row, _ in people:
        yield from row_faults(file, row["sheet_row"], row)
    width = max((len(texts) for _, texts in people), default=0)
    for name in NAMED:
        place = _agreeing(name, people, set(range(width)))
        for row, texts in people:
            value = row[name]
            if value is None or (place is not None and texts[place : place + 1] == [value]):
                continue
            if not _is_made_of(value, texts) or (value == "" and place is not None):
                expected = texts[place] if place is not None and place < len(texts) else None
                reason = "raw names another value than the row's cells have"
                where = file, row["sheet_row"]
                yield wrong(where, name, row["row_id"] or "", expected, value, reason)


def _sheet_texts(row: Record) -> list[str]:
    return [cell["text"] for cell in json.loads(row["cells"] or "[]")]


def _is_made_of(value: str, texts: Sequence[str]) -> bool:
    words = set(re.findall(r"\w+", " ".join(texts)))
    return set(re.findall(r"\w+", value)) <= words


def file_shows(path: Path, cells: Sequence[str], sha256: str | None) -> str | None:
    """What the file at ``path`` is to the rows of a snapshot, in JSON: the ``SAME``, ``CHANGED``
    since, or ``MISREAD``: it has the bytes that were loaded, and other cells. None if this reader
    can't tell."""
    is_same = is_sheet_file(path, cells)
    if is_same is None:
        return None
    if not is_same and sha256 is not None and file_digest(path) == sha256:
        return MISREAD
    return SAME if is_same else CHANGED


def is_sheet_file(path: Path, cells: Sequence[str]) -> bool | None:
    """Does the file at ``path`` show the rows of a snapshot, in JSON? None if it can't be read."""
    if path.suffix.lower() not in (".csv", ".html", ".htm") or not path.is_file():
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    wanted = [[cell["text"] for cell in json.loads(row or "[]")] for row in cells]
    shown = _html_tables(data) if path.suffix.lower() != ".csv" else _csv_tables(data)
    return any(_squashed(table) == _squashed(wanted) for table in shown)


def _squashed(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The filled cells of the filled rows, without white space."""
    texts = [[re.sub(r"\s+", "", cell) for cell in row] for row in rows]
    return [filled for row in texts if (filled := [cell for cell in row if cell])]


def _html_tables(data: bytes) -> Iterator[list[list[str]]]:
    try:
        tree = html.document_fromstring(data, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):
        return
    for table in tree.iter("table"):
        yield [[str(td.xpath("string()")) for td in tr.iter("td")] for tr in table.iter("tr")]


def _csv_tables(data: bytes) -> Iterator[list[list[str]]]:
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        text = re.sub(r"\A\"?sep=.[^\r\n]*[\r\n]+", "", text, flags=re.IGNORECASE)
        for delimiter in DELIMITERS:
            yield [cells for _, cells in csv_records(text, delimiter)]
