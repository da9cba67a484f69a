"""A legacy CSV put together from a loaded file, from what has changed since, and for the way back
from what all loaded files know."""

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rowkeeper.core.csv.guard import MARK
from rowkeeper.core.csv.legacy import GENERATIONS, is_nothing
from rowkeeper.core.identity import compare_key, row_id_key
from rowkeeper.core.text import trimmed
from rowkeeper.migration.export.base import PERSON_COLUMNS, Base, BaseRow, Person
from rowkeeper.migration.export.known import Known, filled_in
from rowkeeper.migration.export.placing import Placed, Role, place_rows
from rowkeeper.migration.export.records import Record
from rowkeeper.migration.export.tracking import AssetState, tracking_cells


@dataclass
class Export:
    """A file's bytes, and how many rows of each kind it has.

    ``dropped`` counts rows of the base whose row id stands in another row. ``left_out`` counts the
    people who are neither in the sheet nor in the file that it starts from.
    """

    data: bytes = b""
    encoding: str = "utf-8"
    unchanged: int = 0
    changed: int = 0
    appended: int = 0
    dropped: int = 0
    left_out: int = 0
    changed_columns: set[str] = field(default_factory=set)


def empty_base(generation: int) -> Base:
    """A file of that generation without rows."""
    columns = GENERATIONS[generation]
    return Base(",".join(columns) + "\n", "utf-8", "LF", columns, ())


def export(
    base: Base,
    people: Sequence[Person],
    safe: bool = False,
    fresh: bool = False,
    known: Known | None = None,
) -> Export:
    """``base`` with what ``people`` say now.

    People of the sheet who have no row are appended by row id; with ``fresh`` all people are.
    With ``known`` the file is the way back: all people are in it, what other files know fills the
    cells that are blank, and no row id stands twice. ``safe`` guards cells for spreadsheets; a
    guarded base is unguarded without it.
    """
    whole = known is not None
    writer = _Writer(base.unguarded(), {row_id_key(p.row_id): p for p in people}, known or {})
    placed = place_rows(writer.base, writer.people, whole)
    header = writer.base.header
    records = [header, *writer.rows(placed, whole)]
    without_row = _people_without_row(writer.base, placed, people)
    lacking = [person for person in without_row if whole or fresh or person.in_sheet]
    result = writer.result
    result.left_out = len(without_row) - len(lacking)
    line_end = header.line_end or ("\r\n" if base.line_end == "CRLF" else "\n")
    if lacking and not records[-1].line_end:
        records[-1] = replace(records[-1], line_end=line_end)
    for person in sorted(lacking, key=lambda p: (len(p.row_id), p.row_id)):
        records.append(writer.new_record(person, line_end))
        result.appended += 1
    if safe:
        first = MARK + records[0].cells[0]
        records = [record.guarded() for record in records]
        records[0] = records[0].changed({0: first})
    parts = [(base.preamble, None), *((record.text, record.data) for record in records)]
    result.data, result.encoding = encoded(parts, base.encoding)
    return result


class _Writer:
    """The records of a file, and the counts of them."""

    def __init__(self, base: Base, people: Mapping[str, Person], known: Known) -> None:
        self.base, self.people, self.known = base, people, known
        self.result = Export()

    def rows(self, placed: Sequence[Placed], whole: bool) -> Iterator[Record]:
        for row, place in zip(self.base.rows, placed, strict=True):
            record = row.record
            if place.role is Role.DROPPED:
                self.result.dropped += 1
            elif place.role is Role.REPLACED and place.person:
                self.result.changed += 1
                yield self.new_record(place.person, record.line_end)
            elif place.person is None or len(record.fields) != len(row.columns):
                self.result.unchanged += 1
                yield record
            else:
                yield self._changed(record, row, place, place.person, whole)

    def _changed(
        self, record: Record, row: BaseRow, placed: Placed, person: Person, whole: bool
    ) -> Record:
        """A row with the cells that its person has now."""
        before = dict(row.cells)
        wide = whole and set(filter(None, row.columns)) < set(filter(None, self.base.columns))
        if wide:  # a row of an older generation, which has no place for what others know
            before = {name: before.get(name, "") for name in self.base.columns if name}
        cells = _person_cells(person, before, placed.standing)
        known = self.known.get(person.row_id, {})
        cells |= filled_in({**before, **cells}, known, placed.there)
        cells |= tracking_cells(_live_sides(person), {**before, **cells})
        cells = {name: cell for name, cell in cells.items() if cell != before[name]}
        self.result.changed += bool(cells)
        self.result.unchanged += not cells
        self.result.changed_columns |= cells.keys()
        if wide and not cells.keys() <= set(row.columns):
            return self._record({**before, **cells}, record.line_end)
        return record.changed({row.columns.index(name): cells[name] for name in cells})

    def new_record(self, person: Person, line_end: str) -> Record:
        """A row for a person whom the base does not have."""
        cells = new_row(person, self.base.columns, self.known.get(person.row_id, {}))
        return self._record(cells, line_end)

    def _record(self, cells: Mapping[str, str], line_end: str) -> Record:
        """A record of the base's columns; one that nobody knows is blank."""
        cells_of_row = (cells.get(name, "") for name in self.base.columns)
        return Record.of(cells_of_row, line_end, self.base.delimiter)


def _people_without_row(
    base: Base, placed: Sequence[Placed], people: Sequence[Person]
) -> list[Person]:
    """Those whom no row is about. Where rows have no row id, a row with a person's name and e-mail
    may be about that person, even if the tables don't know about whom it is."""
    there = {place.person.row_id for place in placed if place.person}
    lacking = [person for person in people if person.row_id not in there]
    if "row_id" in base.columns or not lacking:
        return lacking
    cells = (row.cells for row in base.rows)
    named = {(_key(row_cells.get("name")), _key(row_cells.get("email"))) for row_cells in cells}
    return [p for p in lacking if (_key(p.name), _key(p.email)) not in named]


def _key(text: str | None) -> str:
    return compare_key(_plain(text or ""))


def _live_sides(person: Person) -> list[AssetState]:
    """The assets of the providers at which this system has tried something for the person."""
    live = {state.provider for state in person.assets if state.is_live}
    return [state for state in person.assets if state.provider in live]


def _person_cells(
    person: Person, before: Mapping[str, str], standing: Mapping[str, str]
) -> dict[str, str]:
    """The cells in which the sheet says something else than the file; a blank says nothing."""
    if not person.in_sheet:
        return {}
    changes = {}
    for column in PERSON_COLUMNS:
        now = person.cell(column)
        if column not in before or now is None or is_nothing(now):
            continue
        same = (person.link_canonical or now) if column == "link" else now
        if _plain(standing[column]) != _plain(same):
            changes[column] = now
    return changes


def _plain(cell: str) -> str:
    """For comparing: white space and zero-width characters at the ends and signs for nothing."""
    return "" if is_nothing(cell) else trimmed(cell)


def new_row(
    person: Person, columns: Sequence[str], known: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """A row for a person whom the file does not have, by column; ``known`` as in ``Known``.

    What is only claimed of her assets fills the cells that ``known`` leaves blank.
    """
    cells = dict.fromkeys(filter(None, columns), "")
    own = {column: person.cell(column) or "" for column in PERSON_COLUMNS}
    own["row_id"] = person.row_id
    cells |= {name: value for name, value in own.items() if name in cells}
    cells |= filled_in(cells, known or {}, frozenset())
    links = {
        side: [s.url for s in person.assets if s.provider == side and s.kind != "transcript"]
        for side in ("youtube", "drive")
    }
    filled = {
        "youtube_playlist": "|".join(dict.fromkeys(links["youtube"])),
        "google_drive": "|".join(dict.fromkeys(links["drive"])),
    }
    if person.assets and all(s.download_status != "pending" for s in person.assets):
        filled["processed"] = "yes"
    for name, value in filled.items():
        if name in cells and is_nothing(cells[name]):
            cells[name] = value
    claimed = tracking_cells(person.assets, cells)
    cells |= {name: cell for name, cell in claimed.items() if is_nothing(cells[name])}
    return cells | tracking_cells(_live_sides(person), cells)


def encoded(parts: Iterable[tuple[str, bytes | None]], encoding: str) -> tuple[bytes, str]:
    """The parts of a file, each a text and its bytes where these are another encoding's, in
    ``encoding`` or, if that can't hold them, in marked UTF-8; and which it is."""
    pieces = list(parts)
    text = "".join(text for text, _ in pieces)
    if any(data is not None for _, data in pieces):  # only a file in UTF-8 has such parts
        mark = codecs.BOM_UTF8 if encoding == "utf-8-sig" else b""
        return mark + b"".join(text.encode() if d is None else d for text, d in pieces), encoding
    try:
        return codecs.encode(text, encoding), encoding
    except UnicodeEncodeError:
        return codecs.encode(text, "utf-8-sig"), "utf-8-sig"
