"""What a CSV is put together from: the file that it starts from, and the people of the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rowkeeper.core.csv.guard import MARK, is_marked
from rowkeeper.migration.export.records import Record
from rowkeeper.migration.export.tracking import AssetState

PERSON_COLUMNS = ("name", "email", "type", "link")


@dataclass(frozen=True)
class Person:
    """A row of ``people``; a cell is None where the source has no such column.

    ``link`` is as written, ``link_canonical`` what it leads to.
    """

    row_id: str
    name: str | None
    email: str | None
    type: str | None
    link: str | None
    in_sheet: bool
    assets: tuple[AssetState, ...] = ()
    link_canonical: str | None = None

    def cell(self, column: str) -> str | None:
        """The cell of one of ``PERSON_COLUMNS``."""
        value: str | None = getattr(self, column)
        return value


@dataclass(frozen=True)
class BaseRow:
    """A record of the base. ``row_id`` is its person's if the tables use it, else ''.

    ``link`` is the canonical address of its link cell, ``columns`` the layout of the record, ''
    for a column that nobody knows. ``data`` are its bytes where these are not its text.
    """

    text: str
    row_id: str
    link: str
    columns: tuple[str, ...]
    delimiter: str = ","
    data: bytes | None = None

    @property
    def record(self) -> Record:
        return Record.parse(self.text, self.delimiter, self.data)

    @property
    def cells(self) -> Mapping[str, str]:
        """The cells of the known columns, by column."""
        pairs = zip(self.columns, self.record.cells, strict=False)
        return {name: cell for name, cell in pairs if name}


@dataclass(frozen=True)
class Base:
    """A loaded file, whole: preamble, header and rows make its text."""

    header_text: str
    encoding: str
    line_end: str
    columns: tuple[str, ...]
    rows: tuple[BaseRow, ...]
    delimiter: str = ","
    preamble: str = ""
    header_data: bytes | None = None

    @property
    def header(self) -> Record:
        return Record.parse(self.header_text, self.delimiter, self.header_data)

    def unguarded(self) -> "Base":
        """With the guards of its cells taken off, if it has them."""
        header = self.header
        if not is_marked(header.cells[0]):
            return self
        rows = []
        for row in self.rows:
            record = row.record.unguarded()
            rows.append(replace(row, text=record.text, data=record.data))
        plain = header.changed({0: header.cells[0].removeprefix(MARK)})
        return replace(self, header_text=plain.text, header_data=plain.data, rows=tuple(rows))
