"""What a CSV that is about to be written lacks of others: filled cells, objects, rows.

It checks the writer, so it shares no code with it: it reads both sides as any reader of CSV would,
and only takes for one row id what the tables take for one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rowkeeper.core.identity import row_id_key
from rowkeeper.core.text import from_json
from rowkeeper.migration.export.plain_csv import Cells, Table

BLANKS = frozenset({"", "-", "nan", "<na>", "none", "null", "n/a", "[]", "{}"})
MAPPINGS = frozenset({"file_uuids", "s3_paths"})
ERRORS = frozenset({"download_errors", "permanent_failure"})
STATUSES = ("youtube_status", "drive_status")
CELLS, OBJECTS, ROWS, TWICE, UNTOLD = "cells", "objects", "rows", "twice", "untold"
UNREAD = "unread"
EXAMPLES = 5


@dataclass(frozen=True)
class Loss:
    """``count`` people whose ``column`` would lose what it holds, or rows that would go or stand
    twice (``column`` ''). ``files`` have it; ``rows`` are examples: row ids, else names.
    ``untold``: the file that is written never had that column, so it is only told. ``unread``: the
    lines of a file in which no title is known, so that nobody can say what they hold."""

    kind: str
    column: str
    count: int
    rows: tuple[str, ...]
    files: tuple[str, ...]

    def __str__(self) -> str:
        what = {
            CELLS: f"filled cells of {self.column} would become empty",
            OBJECTS: f"cells of {self.column} would lose or change some of their objects",
            ROWS: "rows would go",
            TWICE: "row ids would stand more than once",
            UNTOLD: f"filled cells of {self.column}, a column that it has not",
            UNREAD: "lines, among which no titles are known, would go",
        }[self.kind]
        shown = ", ".join(self.rows) + (", …" if self.count > len(self.rows) else "")
        more = f" and {len(self.files) - 2} more files" if len(self.files) > 2 else ""
        where = f", of {' and '.join(self.files[:2])}{more}" if self.files else ""
        return f"{self.count} {what} (rows {shown}{where})"


@dataclass(frozen=True)
class Source:
    """A row that was there before. ``person``: the row id of whom it is about, by the tables; None
    where they don't say. ``unknown``: the columns that only their titles tell. ``is_replaced``: the
    new file takes its place."""

    file: str
    cells: Cells
    person: str | None = None
    unknown: frozenset[str] = frozenset()
    is_replaced: bool = False


def find_losses(
    written: Table,
    sources: Iterable[Source],
    names: Mapping[str, tuple[str, str]],
    objects: Mapping[str, frozenset[str]] | None = None,
) -> list[Loss]:
    """What ``written`` lacks of ``sources``. ``names``: row id -> name and e-mail of the tables.

    ``objects``: row id -> what the tables call her objects, and where they are: a mapping may say
    that instead of what it said.
    """
    listed = list(sources)
    judge = _Judge(written, names, objects or {})
    for source in listed:
        judge.hear(source)
    for source in listed:
        judge.weigh(source)
    return judge.losses()


class _Judge:
    def __init__(
        self,
        written: Table,
        names: Mapping[str, tuple[str, str]],
        objects: Mapping[str, frozenset[str]],
    ) -> None:
        self._columns = frozenset(written.columns)
        self._by_id: dict[str, list[Cells]] = defaultdict(list)
        self._by_name: dict[str, list[Cells]] = defaultdict(list)
        self._own: dict[tuple[str, bool], set[int]] = defaultdict(set)
        self._same: dict[tuple[str, bool], set[int]] = defaultdict(set)
        self._names, self._objects = names, objects
        self._told: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._lost: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        for row in written.rows:
            if row_id := row_key(row):
                self._by_id[row_id].append(row)
            self._by_name[_squashed(row.get("name"))].append(row)

    def hear(self, source: Source) -> None:
        """Note what the mappings of a loaded row say, for where two files say different things; and
        which written rows are those of a row's own id, and of its name and e-mail: a namesake in
        the same file has to have another one."""
        name, email = _squashed(source.cells.get("name")), _squashed(source.cells.get("email"))
        of_id = self._by_id.get(source.person or row_key(source.cells), ())
        self._own[_list(source)] |= {id(row) for row in of_id if _agree(row, name, email)}
        self._same[_list(source)] |= {
            id(row)
            for row in self._by_name.get(name, ())
            if email and email == _squashed(row.get("email"))
        }
        if not source.is_replaced:
            for column in MAPPINGS & source.cells.keys():
                self._told[_who(source)] |= _entries([source.cells[column]])

    def weigh(self, source: Source) -> None:
        """Note what the written rows lack of one row."""
        cells = {name: cell for name, cell in source.cells.items() if not _blank(cell)}
        if not cells.keys() - {"row_id"} or _is_furniture(cells):
            return
        rows, who = self._rows_of(source), _who(source)
        if not rows:
            self._lost[ROWS, ""][who].add(source.file)
            return
        tells = any(not _blank(row.get(column)) for row in rows for column in STATUSES)
        asked = cells.keys() - {"row_id"}
        if not source.is_replaced:  # its columns are not all those of the file that is written
            asked &= self._columns | source.unknown
        for column in asked:
            now = [row.get(column, "") for row in rows if not _blank(row.get(column))]
            if not now and not (tells and column in ERRORS & self._columns):
                kind = CELLS if source.is_replaced or column in self._columns else UNTOLD
                self._lost[kind, column][who].add(source.file)
            elif now and column in MAPPINGS and self._loses(source, cells[column], now):
                self._lost[OBJECTS, column][who].add(source.file)

    def _loses(self, source: Source, cell: str, now: Sequence[str]) -> bool:
        """Has a mapping an entry that the written ones have not? Another value counts as the entry
        where it is the tables' own, or where loaded files disagree and one of them says it."""
        who, entries = _who(source), _entries(now)
        known = set() if source.is_replaced else self._told[who]
        new = {
            key
            for key, value in entries
            if value in self._objects.get(who, ()) or (key, value) in known
        }
        return any(key not in new for key, _ in _entries([cell]) - entries)

    def _rows_of(self, source: Source) -> Sequence[Cells]:
        """The written rows that are about the person of a source row."""
        name, email = _squashed(source.cells.get("name")), _squashed(source.cells.get("email"))
        if "row_id" in self._columns:
            person = source.person or row_key(source.cells)
            rows = self._by_id.get(person, ())
            if source.person or any(_agree(row, name, email) for row in rows):
                return rows
        elif source.person in self._names:
            known = [_squashed(cell) for cell in self._names[source.person or ""]]
            names = dict.fromkeys((known[0], name))
            both = chain(*(self._by_name.get(key, ()) for key in names))
            return [row for row in both if not self._is_anothers(row, source, {email, known[1]})]
        return [
            row
            for row in self._by_name.get(name, ())
            if _agree(row, name, email) and not self._is_anothers(row, source, {email})
        ]

    def _is_anothers(self, row: Cells, source: Source, emails: set[str]) -> bool:
        """Is a written row that has the name of a source row a namesake's of the same file?"""
        mine, yours = row_key(source.cells), row_key(row)
        if id(row) in self._own[_list(source)] and mine and yours:
            return mine != yours
        email = _squashed(row.get("email"))
        both = self._own[_list(source)] | self._same[_list(source)]
        return id(row) in both and bool(email) and any(emails) and email not in emails

    def losses(self) -> list[Loss]:
        """The worst first."""
        twice = {row_id: set[str]() for row_id, rows in self._by_id.items() if len(rows) > 1}
        if twice:
            self._lost[TWICE, ""].update(twice)
        order = (TWICE, ROWS, OBJECTS, CELLS, UNTOLD)
        ordered = sorted(self._lost.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
        return [Loss(*key, len(rows), _examples(rows), _files(rows)) for key, rows in ordered]


def _examples(rows: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(rows, key=lambda row: (len(row), row))[:EXAMPLES])


def _files(rows: Mapping[str, set[str]]) -> tuple[str, ...]:
    return tuple(sorted(set().union(*rows.values())))


def _list(source: Source) -> tuple[str, bool]:
    """The list that a row stands in: a loaded file may have the name of the one that is there."""
    return source.file, source.is_replaced


def _who(source: Source) -> str:
    """What a row's person is called: by row id, else by name."""
    return source.person or row_key(source.cells) or source.cells.get("name", "?").strip()


def row_key(row: Cells) -> str:
    """The row id in a row, '' for none."""
    key = row_id_key(row.get("row_id"))
    return "" if key.casefold() in ("#", "row_id") else key


def _agree(row: Cells, name: str, email: str) -> bool:
    """May two rows be about one person: is the name the same, or the e-mail?"""
    other = _squashed(row.get("name")), _squashed(row.get("email"))
    return name == other[0] or (email != "" and email == other[1])


def _squashed(cell: str | None) -> str:
    text = "" if _blank(cell) else str(cell)
    return "".join(char for char in text.casefold() if char.isalnum() or char in "@.")


def _blank(cell: str | None) -> bool:
    return cell is None or cell.strip(" \t\r\n\u00a0'").casefold() in BLANKS


def _is_furniture(cells: Cells) -> bool:
    """A header among the rows, or a line that parts them."""
    words = {cell.strip().casefold() for name, cell in cells.items() if name != "row_id"}
    return {"name", "email"} <= words or all(not word.strip("-=_ ") for word in words)


def _entries(cells: Iterable[str]) -> set[tuple[str, str]]:
    """The keys and values of the JSON objects in some cells; a cell itself where it is none."""
    entries: set[tuple[str, str]] = set()
    for cell in cells:
        try:
            value = from_json(cell)
        except ValueError:
            value = None
        pairs = value.items() if isinstance(value, dict) else [(cell.strip(), "")]
        entries |= {(str(key), str(what)) for key, what in pairs}
    return entries
