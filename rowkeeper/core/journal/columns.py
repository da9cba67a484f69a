"""Sealed segments read as columns, by compiled code: so a drain reads nearly all that it moves.

A line is read so only if it is the one way in which its event is written: written again from its
columns it has the same bytes. Then each value is of its column's type, and nothing else is in it.
What events may hold is asked of ``event_values``, once for all events that it can't tell apart.
Segments with anything else are left to ``segments``, which says of each line what is wrong.
"""

import hashlib
import json
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from rowkeeper.core.disk.own import read_file
from rowkeeper.core.errors import NewerVersionError
from rowkeeper.core.event_values import NUMBERS, UUIDS, check_details, check_values
from rowkeeper.core.events import FIELDS, details_text
from rowkeeper.core.ids import UUID
from rowkeeper.core.journal.lines import are_whole, unchecked
from rowkeeper.core.journal.segments import SEALED, read_event
from rowkeeper.core.text import from_json

BLOCK_BYTES = 16 << 20
"""So much is read at a time: what one block needs of memory serves the next."""
FEW_BYTES = 1 << 19
"""Less than this is read sooner line by line."""
COMPARED = ("event_type", "event_version", "verdict", "attempt", "total_assets")
"""What rules compare; of all other fields they ask whether they are there."""
USUAL_TIME = r"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:[0-5]\d\.\d{6}\+00:00"
"""What an event is given: it is a time if its hour is one."""
NUL = rb"\u0000"
"""The one escape of JSON that DuckDB writes as it was and no text may have."""
NEEDED = ("event_id", "event_version", "session_id", "occurred_at", "details")
"""What is in each line that is written here."""
TYPES = json.dumps(
    {
        **dict.fromkeys(FIELDS, "VARCHAR"),
        **dict.fromkeys(NUMBERS, "BIGINT"),
        **{"details": "JSON", "_line": "BIGINT", "_crc32": "VARCHAR"},
    }
)


STAGE = """
create or replace temp table staged as
select line, unnest(json_transform(line, ?)) from lines
"""
COUNTS = f"select {', '.join(f'count({name})' for name in FIELDS)} from staged"
TOLD = f"""
select {", ".join("told as details" if name == "details" else name for name in FIELDS)}
from staged join facts using (details)
"""


def _unusual(there: Sequence[str], some: Collection[str], has_escapes: bool) -> str:
    """Finds a line that is not what its columns say, where ``there`` are the columns that are
    filled, and ``some`` of them not in each line."""
    fits = [
        f"({name} is null or regexp_full_match({name}, '{UUID.pattern}'))"
        for name in UUIDS
        if name in there
    ]
    fits.append(f"regexp_full_match(occurred_at, '{USUAL_TIME}')")
    line = _line(there, some, has_escapes)
    return (
        f"select 1 from staged where (line = {line} and {' and '.join(fits)}) is not true limit 1"
    )


def _line(there: Sequence[str], some: Collection[str], has_escapes: bool) -> str:
    """The line of an event, written from its columns; ``concat`` passes over nulls."""
    parts = []
    for name in there:
        is_text = name not in NUMBERS and name != "details"
        value = f"to_json({name})" if is_text and has_escapes else name
        quote = '"' if is_text and not has_escapes else ""
        pair = [f"""'"{name}":{quote}'""", value, f"'{quote},'"]
        if name in some:
            pair = [f"case when {name} is not null then {part} end" for part in pair]
        parts += pair
    end = """'"_line":', _line, ',"_crc32":"', _crc32, '"}', chr(10)"""
    return f"concat('{{', {', '.join(parts)}, {end})"


def _shapes(some: Collection[str]) -> str:
    """One line of each kind that the rules can tell apart, its details left out."""
    kinds = [*COMPARED, "left(occurred_at, 13)", "is_check"]
    kinds += [f"{name} is null" for name in sorted(some)]
    return (
        f"select any_value(line) from staged join facts using (details) group by {', '.join(kinds)}"
    )


@dataclass(frozen=True)
class Sealed:
    """A segment that is as it was sealed."""

    path: Path
    events: int
    sha256: str


class UnusualError(Exception):
    """Something has to be looked at line by line."""


class ColumnReader:
    """Reads segments by a DuckDB of its own, in memory."""

    def __init__(self) -> None:
        self._opened: Any = None

    @property
    def _connection(self) -> Any:
        import duckdb

        if self._opened is None:
            self._opened = duckdb.connect()
            self._opened.execute("set threads = 1")  # a block is too small to be shared
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def read(self, paths: Sequence[Path]) -> tuple[Any, list[Sealed]] | None:
        """All events of ``paths`` as an Arrow table, each event once, and what was read; None if
        there is anything that is unusual, and where columns would not pay."""
        import duckdb
        import pyarrow as pa  # type: ignore[import-untyped]

        sealed: list[Sealed] = []
        try:
            if sum(path.stat().st_size for path in paths) < FEW_BYTES:
                return None
            tables = [
                self._columns(_arrow(lines, data), b"\\" in data)
                for path in paths
                for lines, data in _blocks(path, sealed)
            ]
            return self._distinct(pa.concat_tables(tables)), sealed
        except (UnusualError, ValueError, OSError, NewerVersionError, duckdb.Error):
            return None

    def _columns(self, lines: Any, has_escapes: bool) -> Any:
        sql = self._connection
        sql.register("lines", lines)
        sql.execute(STAGE, [TYPES])
        ((*counted,),) = sql.execute(COUNTS).fetchall()
        counts = dict(zip(FIELDS, counted, strict=True))
        if any(counts[name] < len(lines) for name in NEEDED):
            raise UnusualError
        there = [name for name in sorted(FIELDS) if counts[name]]
        some = {name for name in there if counts[name] < len(lines)}
        if sql.execute(_unusual(there, some, has_escapes)).fetchall():
            raise UnusualError
        details = sql.execute("select distinct details from staged").fetchall()
        sql.register("facts", _facts([text for (text,) in details]))
        for (line,) in sql.execute(_shapes(some)).fetchall():
            _, event = read_event(unchecked(line.encode()) or b"")
            check_values(event.values())
        return sql.sql(TOLD).to_arrow_table()

    def _distinct(self, table: Any) -> Any:
        self._connection.register("told", table)
        sql = "select count(distinct event_id) from told"
        if self._connection.execute(sql).fetchall() != [(len(table),)]:
            raise UnusualError
        return table


def _blocks(path: Path, sealed: list[Sealed]) -> Iterator[tuple[list[bytes], bytes]]:
    """A segment block by block, each as its lines and as it is; in the end it is in ``sealed``."""
    name = SEALED.fullmatch(path.stem)
    digest, count = hashlib.sha256(), 0
    with read_file(path) as file:
        while name and (data := file.read(BLOCK_BYTES)):
            data += file.readline()
            *lines, rest = data.split(b"\n")
            if rest or not are_whole(lines, count + 1) or (b"\\" in data and NUL in data):
                raise UnusualError
            count += len(lines)
            digest.update(data)
            yield lines, data
    sha256 = digest.hexdigest()
    if not name or int(name["events"]) != count or not sha256.startswith(name["sha256"]):
        raise UnusualError
    sealed.append(Sealed(path, count, sha256))


def _arrow(lines: Sequence[bytes], data: bytes) -> Any:
    """An Arrow table of the lines of ``data``, whose bytes it takes as they are."""
    import pyarrow as pa

    begins = accumulate(map(len, lines), lambda begin, size: begin + size + 1, initial=0)
    places = pa.py_buffer(array("q", begins))
    column = pa.LargeStringArray.from_buffers(len(lines), places, pa.py_buffer(data))
    column.validate(full=True)  # is it UTF-8?
    return pa.table({"line": column})


def _facts(details: list[str]) -> Any:
    """How these details are told to a warehouse, and which of them count a check."""
    import pyarrow as pa

    told, is_check = [], []
    for text in details:
        (value,) = from_json(f"[{text}]")  # within as many objects as in its event
        check_details(value)
        told.append(details_text(value))
        is_check.append(value.get("check") is not None)
    return pa.table({"details": details, "told": told, "is_check": is_check})
