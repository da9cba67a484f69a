"""What a CSV is put together from: the file that it starts from, and the people of the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rowkeeper.export.guard import MARK, is_marked
from rowkeeper.export.records import Record
from rowkeeper.export.tracking import AssetState

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

    ``link`` is the canonical address of its link cell, ``columns`` the layout of the record.
    """

    text: str
    row_id: str
    link: str
    columns: tuple[str, ...]

    @property
    def cells(self) -> Mapping[str, str]:
        """The cells by column."""
        return dict(zip(self.columns, Record.parse(self.text).cells, strict=False))


@dataclass(frozen=True)
class Base:
    """A loaded file, whole: header and rows make its text."""

    header_text: str
    encoding: str
    line_end: str
    columns: tuple[str, ...]
    rows: tuple[BaseRow, ...]

    def unguarded(self) -> "Base":
        """With the guards of its cells taken off, if it has them."""
        header = Record.parse(self.header_text)
        if not is_marked(header.cells[0]):
            return self
        rows = (replace(row, text=Record.parse(row.text).unguarded().text) for row in self.rows)
        plain = header.changed({0: header.cells[0].removeprefix(MARK)})
        return replace(self, header_text=plain.text, rows=tuple(rows))
