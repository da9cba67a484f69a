"""How large a source may be: what is larger is refused before it takes the machine's memory."""

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Self

from rowkeeper.core.errors import InputError

if TYPE_CHECKING:
    from rowkeeper.core.settings import Settings


@dataclass(frozen=True)
class Bounds:
    """The most that is read of a source: bytes, unpacked ones too; rows, columns and cells of one
    tab. The settings ``sheet.max_bytes`` and so on hold them."""

    max_bytes: int = 64 << 20
    max_rows: int = 100_000
    max_columns: int = 1_000
    max_cells: int = 2_000_000

    @classmethod
    def of(cls, settings: "Settings") -> Self:
        sheet = settings.sheet
        return cls(sheet.max_bytes, sheet.max_rows, sheet.max_columns, sheet.max_cells)

    def check_bytes(self, source: str, size: int) -> None:
        """Raises ``InputError`` for more bytes than may be read."""
        if size > self.max_bytes:
            raise self.refusal(source, "bytes")

    def check_row(self, source: str, number: int) -> None:
        """Raises ``InputError`` for a row of this number, from 1."""
        if number > self.max_rows:
            raise self.refusal(source, "rows")

    def check_column(self, source: str, number: int, row: int) -> None:
        """Raises ``InputError`` for a cell with content in this column, from 1."""
        if number > self.max_columns:
            raise self.refusal(source, "columns", f" (row {row} has a cell in column {number})")

    def check_cells(self, source: str, count: int) -> None:
        """Raises ``InputError`` for more cells than may be read."""
        if count > self.max_cells:
            raise self.refusal(source, "cells")

    def refusal(self, source: str, what: str, where: str = "") -> InputError:
        """The one sentence, for ``what`` of bytes, rows, columns and cells."""
        most = getattr(self, f"max_{what}")
        return InputError(
            f"{source} has more than {most:,} {what}{where}: remove what is not of the people, or "
            f"raise sheet.max_{what} if it is as large as that."
        )

    def read(self, source: str, stream: IO[bytes]) -> bytes:
        """All of ``stream``, which may unpack on the way. Raises ``InputError`` as above."""
        data = stream.read(self.max_bytes + 1)
        self.check_bytes(source, len(data))
        return data


USUAL = Bounds()
