"""Records of a legacy CSV that would pass for others: titles again, and rows within a cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loaders.index_column import ROW_ID
from loaders.legacy_header import Layout
from loaders.legacy_records import CsvRecord
from rowkeeper.core.csv.layout import header_layout
from rowkeeper.core.csv.legacy import GENERATIONS, is_nothing
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import trimmed

LONGEST = 60  # characters of a title
FEWEST = 3
"""Titles that make a record one of titles."""


@dataclass(frozen=True)
class Titles:
    """The titles of a file: the cells of its header, on ``line``, and our names of them."""

    path: Path
    line: int
    cells: tuple[str, ...]
    layout: Layout
    delimiter: str

    def check(self, record: CsvRecord) -> None:
        """Raises ``InputError`` for a ``record`` below which, or in which, rows of people would be
        read as something else."""
        if self._runs_on(record.cells):
            raise InputError(
                f"The legacy CSV {self.path} has a row within a cell of the record that starts on "
                f"line {record.line}: a quote opens there that is closed only in a later row; mend "
                "the quotes."
            )
        found = self._found(record.cells)
        below = self.layout if len(found) == len(self.layout) else GENERATIONS.get(len(found), ())
        if any(one and other and one != other for one, other in zip(found, below, strict=False)):
            raise InputError(
                f"The legacy CSV {self.path} has titles again on line {record.line}, in another "
                f"order than on line {self.line}: save what stands below them as a file of its own."
            )

    def are_again(self, cells: tuple[str, ...]) -> bool:
        """Whether the cells of a record are titles, in whatever words and order."""
        return bool(self._found(cells))

    def _found(self, cells: tuple[str, ...]) -> Layout:
        """Our names of the titles in a record, () for a record of something else."""
        if len(cells) < FEWEST or any(
            "@" in cell or "://" in cell or len(cell) > LONGEST for cell in cells
        ):
            return ()
        own = zip(self.layout, self.cells, strict=True)
        layout = header_layout(cells, {name: title for name, title in own if name})
        known = {name for name in layout if name}
        filled = sum(bool(trimmed(cell)) for cell in cells)
        is_person = "name" in known and not known.isdisjoint(("row_id", "email"))
        return layout if is_person and len(known) >= FEWEST and 2 * len(known) >= filled else ()

    def _runs_on(self, cells: Sequence[str]) -> bool:
        """Whether a cell holds the end of one row, a line end and the beginning of another: as many
        separators before and behind as rows of this file have there."""
        if len(cells) != len(self.layout) or "row_id" not in self.layout:
            return False
        for place, cell in enumerate(cells):
            lines = cell.splitlines() if "\n" in cell or "\r" in cell else ()
            if len(lines) > 1 and lines[0].count(self.delimiter) >= len(cells) - 1 - place:
                begun = lines[-1].split(self.delimiter)
                if len(begun) > place and self._is_begun(begun[:place], begun[place]):
                    return True
        return False

    def _is_begun(self, before: Sequence[str], cut: str) -> bool:
        """Whether the first cells of a row look like somebody's; the last of them may be cut."""
        named = dict(zip(self.layout, (*before, cut), strict=False))
        email = dict(zip(self.layout, before, strict=False)).get("email", "")
        is_numbered = bool(ROW_ID.fullmatch(trimmed(named.get("row_id", ""))))
        return is_numbered and ("@" in email or is_nothing(email))
