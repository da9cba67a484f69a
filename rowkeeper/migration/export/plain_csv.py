"""A CSV as any reader of CSV finds it, whoever wrote it.

It is read to check the writer, so it shares no code with that or with the loaders.
"""

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Cells = Mapping[str, str]

PREAMBLE = re.compile(r'(?:[ \t,;|]*[\r\n]|"?sep=[^\r\n]*(?:[\r\n]|\Z))*', re.IGNORECASE)
"""What may stand before the titles: blank lines, and what tells a spreadsheet the separator."""


@dataclass(frozen=True)
class Table:
    """A CSV as a reader finds it."""

    columns: tuple[str, ...]
    rows: tuple[Cells, ...]


def read_table(data: bytes, titles: Mapping[str, str]) -> Table:
    """The rows of a CSV by column; ``titles`` are its own names for our columns."""
    own = {title_key(title): name for name, title in titles.items()}
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    text = _decoded(data)
    if preamble := PREAMBLE.match(text):
        text = text[preamble.end() :]
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = column_keys(next(records, ()), own)
    rows = (row_cells(columns, record) for record in records if any(record))
    return Table(columns, tuple(rows))


def column_keys(header: Iterable[str], own: Mapping[str, str]) -> tuple[str, ...]:
    """What each column is called: by ``own``, title key -> our name, else by its title.

    No two are called the same: what has no title, or one that stands before, has a number.
    """
    keys = [title_key(cell) for cell in header]
    columns, seen = [own.get(key, key) for key in keys], Counter[str]()
    for place in sorted(range(len(keys)), key=lambda place: keys[place] not in own):
        name = columns[place]
        seen[name] += 1
        if not name or seen[name] > 1:
            columns[place] = f"{name or 'untitled'} ({seen[name]})"
    return tuple(columns)


def row_cells(columns: Sequence[str], record: Sequence[str]) -> dict[str, str]:
    """The cells of a record by column, those beyond the last title, too."""
    beyond = (f"beyond the titles ({n})" for n in range(1, len(record) - len(columns) + 1))
    return dict(zip((*columns, *beyond), record, strict=False))


def _decoded(data: bytes) -> str:
    marks = (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if data.startswith(marks) else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def title_key(cell: str) -> str:
    """A title as it is compared."""
    return "_".join(cell.strip("\ufeff\u200b '\t").casefold().replace("-", " ").split())
