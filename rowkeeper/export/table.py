"""A legacy CSV put together from its newest file and from what has changed since."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from rowkeeper.export.guard import MARK, is_marked
from rowkeeper.export.records import Record
from rowkeeper.export.tracking import AssetState, tracking_cells
from rowkeeper.legacy_csv import GENERATIONS, is_nothing

PERSON_COLUMNS = ("name", "email", "type", "link")


@dataclass(frozen=True)
class Person:
    """A row of ``people``; a cell is None where the source has no such column."""

    row_id: str
    name: str | None
    email: str | None
    type: str | None
    link: str | None
    in_sheet: bool
    assets: tuple[AssetState, ...] = ()

    def cell(self, column: str) -> str | None:
        """The cell of one of ``PERSON_COLUMNS``; no link is ''."""
        value: str | None = getattr(self, column)
        return value or "" if column == "link" else value


@dataclass(frozen=True)
class BaseRow:
    """A record of the base. ``row_id`` is its person's if the tables use it, else ''.

    ``link`` is the canonical address of its link cell, ``columns`` the layout of the record.
    """

    text: str
    row_id: str
    link: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Base:
    """A loaded file, whole: header and rows make its text."""

    header_text: str
    encoding: str
    line_end: str
    columns: tuple[str, ...]
    rows: tuple[BaseRow, ...]


@dataclass
class Export:
    """A file's bytes, and how many rows of each kind it has.

    ``left_out`` counts the people who are neither in the sheet nor in the file that it starts from.
    """

    data: bytes = b""
    encoding: str = "utf-8"
    unchanged: int = 0
    changed: int = 0
    appended: int = 0
    left_out: int = 0
    changed_columns: set[str] = field(default_factory=set)


def empty_base(generation: int) -> Base:
    """A file of that generation without rows."""
    columns = GENERATIONS[generation]
    return Base(",".join(columns) + "\n", "utf-8", "LF", columns, ())


def export(base: Base, people: Sequence[Person], safe: bool = False, fresh: bool = False) -> Export:
    """``base`` with what ``people`` say now.

    People of the sheet who have no row are appended by row id; with ``fresh`` all people are.
    ``safe`` guards cells for spreadsheets; a guarded base is unguarded without it.
    """
    found = Export()
    base = _unguarded(base)
    header = Record.parse(base.header_text)
    by_id = {person.row_id: person for person in people}
    records = [header, *_base_records(base, by_id, found)]
    without_row = _people_without_row(base, people)
    lacking = [person for person in without_row if fresh or person.in_sheet]
    found.left_out = len(without_row) - len(lacking)
    line_end = header.line_end or ("\r\n" if base.line_end == "CRLF" else "\n")
    if lacking and not records[-1].line_end:
        records[-1] = replace(records[-1], line_end=line_end)
    for person in sorted(lacking, key=lambda p: (len(p.row_id), p.row_id)):
        cells = new_row(person, base.columns)
        records.append(Record.of((cells[name] for name in base.columns), line_end))
        found.appended += 1
    if safe:
        first = MARK + records[0].cells[0]
        records = [record.guarded() for record in records]
        records[0] = records[0].changed({0: first})
    text = "".join(record.text for record in records)
    found.data, found.encoding = encoded(text, base.encoding)
    return found


def _unguarded(base: Base) -> Base:
    """``base`` with the guards of its cells taken off, if it has them."""
    header = Record.parse(base.header_text)
    if not is_marked(header.cells[0]):
        return base
    rows = (replace(row, text=Record.parse(row.text).unguarded().text) for row in base.rows)
    plain = header.changed({0: header.cells[0].removeprefix(MARK)})
    return replace(base, header_text=plain.text, rows=tuple(rows))


def _base_records(base: Base, people: Mapping[str, Person], found: Export) -> Iterator[Record]:
    shown = _shown_rows(base)
    for place, row in enumerate(base.rows):
        record = Record.parse(row.text)
        person = people.get(row.row_id)
        if place not in shown or person is None or len(record.fields) != len(row.columns):
            found.unchanged += 1
            yield record
            continue
        before = dict(zip(row.columns, record.cells, strict=True))
        cells = _person_cells(person, before, shown[place])
        cells |= tracking_cells(_live_sides(person), before)
        found.changed += bool(cells)
        found.unchanged += not cells
        found.changed_columns |= cells.keys()
        yield record.changed({row.columns.index(name): cells[name] for name in cells})


def _people_without_row(base: Base, people: Sequence[Person]) -> list[Person]:
    """Those whom no row is about. Where rows have no row id, a row with a person's name and e-mail
    may be about that person, even if the tables don't know about whom it is."""
    there = {row.row_id for row in base.rows}
    lacking = [person for person in people if person.row_id not in there]
    if "row_id" in base.columns or not lacking:
        return lacking
    cells = (_cells_of(row) for row in base.rows)
    named = {(_key(found.get("name")), _key(found.get("email"))) for found in cells}
    return [p for p in lacking if (_key(p.name), _key(p.email)) not in named]


def _key(text: str | None) -> str:
    return " ".join(_plain(text or "").casefold().split())


def _cells_of(row: BaseRow) -> dict[str, str]:
    """The cells of a row by column."""
    return dict(zip(row.columns, Record.parse(row.text).cells, strict=False))


def _live_sides(person: Person) -> list[AssetState]:
    """The assets of the providers at which this system has tried something for the person."""
    live = {state.provider for state in person.assets if state.is_live}
    return [state for state in person.assets if state.provider in live]


def _shown_rows(base: Base) -> dict[int, dict[str, str]]:
    """The rows that show a change of their person -> the cells that stand for that person.

    Where rows have no row id the person was appended on each run: the last row shows it, and a
    cell that is blank there stands as it did before.
    """
    found: dict[int, dict[str, str]] = {}
    nameless = []
    for place, row in enumerate(base.rows):
        if row.row_id and "row_id" in row.columns:
            found[place] = _standing([row])
        elif row.row_id:
            nameless.append(place)
    nameless.sort(key=lambda place: (base.rows[place].row_id, place))
    for _, group in groupby(nameless, key=lambda place: base.rows[place].row_id):
        places = list(group)
        found[places[-1]] = _standing([base.rows[place] for place in places])
    return found


def _standing(rows: Sequence[BaseRow]) -> dict[str, str]:
    """The last cell of each column that is not nothing; the link canonical."""
    found = dict.fromkeys(PERSON_COLUMNS, "")
    for row in rows:
        cells = _cells_of(row) | {"link": row.link}
        found |= {n: cells[n] for n in PERSON_COLUMNS if n in cells and not is_nothing(cells[n])}
    return found


def _person_cells(
    person: Person, before: Mapping[str, str], standing: Mapping[str, str]
) -> dict[str, str]:
    """The cells in which the sheet says something else than the file."""
    if not person.in_sheet:
        return {}
    found = {}
    for column in PERSON_COLUMNS:
        now = person.cell(column)
        if column in before and now is not None and not _same(standing[column], now):
            found[column] = now
    return found


def _same(cell: str, now: str) -> bool:
    return _plain(cell) == _plain(now)


def _plain(cell: str) -> str:
    """For comparing: white space and zero-width characters at the ends and signs for nothing."""
    return "" if is_nothing(cell) else cell.strip(" \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff")


def new_row(person: Person, columns: Sequence[str]) -> dict[str, str]:
    """A row for a person whom the file does not have, by column."""
    cells = dict.fromkeys(columns, "")
    links = {
        side: [s.url for s in person.assets if s.provider == side and s.kind != "transcript"]
        for side in ("youtube", "drive")
    }
    known = {column: person.cell(column) or "" for column in PERSON_COLUMNS}
    known["row_id"] = person.row_id
    known["youtube_playlist"] = "|".join(dict.fromkeys(links["youtube"]))
    known["google_drive"] = "|".join(dict.fromkeys(links["drive"]))
    if person.assets and all(s.download_status != "pending" for s in person.assets):
        known["processed"] = "yes"
    cells |= {name: value for name, value in known.items() if name in cells}
    return cells | tracking_cells(person.assets, cells)


def encoded(text: str, encoding: str) -> tuple[bytes, str]:
    """``text`` in that encoding or, if that can't hold it, in marked UTF-8; and which it is."""
    try:
        return codecs.encode(text, encoding), encoding
    except UnicodeEncodeError:
        return codecs.encode(text, "utf-8-sig"), "utf-8-sig"
