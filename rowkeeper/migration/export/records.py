"""A CSV record as text: its cells can be changed one by one, the rest stays byte for byte."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

from rowkeeper.core.csv.guard import guard, unguard

_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"?(.*)', re.DOTALL)


@cache
def _field_pattern(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    return re.compile(rf'"(?:[^"]++|"")*+"?[^{mark}\r\n]*|[^{mark}\r\n]*')


@dataclass(frozen=True)
class Record:
    """``fields`` are the cells with their quotes as they stood; ``line_end`` may be ''.

    ``data`` are the record's bytes where these are not its text in the file's encoding.
    """

    fields: tuple[str, ...]
    line_end: str
    delimiter: str = ","
    data: bytes | None = None

    @classmethod
    def parse(cls, text: str, delimiter: str = ",", data: bytes | None = None) -> Self:
        """The one record that ``text`` is; never raises."""
        fields, place = [], 0
        while True:
            match = _field_pattern(delimiter).match(text, place)
            fields.append(match[0] if match else "")
            place += len(fields[-1])
            if text[place : place + 1] != delimiter:
                return cls(tuple(fields), text[place:], delimiter, data)
            place += 1

    @classmethod
    def of(cls, cells: Iterable[str], line_end: str, delimiter: str = ",") -> Self:
        """A new record, quoted only where it must be."""
        return cls(tuple(_field(cell, delimiter) for cell in cells), line_end, delimiter)

    @property
    def cells(self) -> tuple[str, ...]:
        """The values of the fields."""
        return tuple(_cell(field) for field in self.fields)

    @property
    def text(self) -> str:
        return self.delimiter.join(self.fields) + self.line_end

    def changed(self, cells: Mapping[int, str]) -> Self:
        """With other values at some places."""
        return self._with(
            _field(cells[place], self.delimiter, quoted=field.startswith('"'))
            if place in cells
            else field
            for place, field in enumerate(self.fields)
        )

    def guarded(self) -> Self:
        """With every cell guarded; quotes stay as they are."""
        return self._with(self._each(guard))

    def unguarded(self) -> Self:
        """The record that ``guarded`` made this one of."""
        return self._with(self._each(unguard))

    def _each(self, change: Callable[[str, str], str]) -> Iterator[str]:
        """``change`` done to what each field starts with, behind its opening quote."""
        for field in self.fields:
            start = field.startswith('"')
            yield field[:start] + change(field[start:], self.delimiter)

    def _with(self, fields: Iterable[str]) -> Self:
        changed = tuple(fields)
        return self if changed == self.fields else replace(self, fields=changed, data=None)


def _cell(field: str) -> str:
    quoted = _QUOTED.fullmatch(field)
    return quoted[1].replace('""', '"') + quoted[2] if quoted else field


def _field(cell: str, delimiter: str, quoted: bool = False) -> str:
    if quoted or any(mark in cell for mark in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell
