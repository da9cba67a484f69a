"""The records of a legacy CSV, one after the other, each with its line and as it stands."""

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from loaders.legacy_files import FileContent
from loaders.text_files import Dialect, lines_of, read_records
from rowkeeper.core.errors import InputError

MAX_CELLS = 1_000_000
"""Of one line: a line of nothing but separators would fill the memory."""
_LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


class CsvRecord(NamedTuple):
    """``line`` is the physical line on which it starts, from 1; ``data`` its bytes where these are
    not ``text`` in the file's encoding."""

    line: int
    cells: tuple[str, ...]
    text: str
    data: bytes | None


def header_of(content: FileContent, form: Dialect) -> CsvRecord:
    """The header. Raises ``InputError`` for a file that is empty or no CSV."""
    header = next(records(content, form), None)
    if header is None:
        raise InputError(f"The legacy CSV {content.path} is empty: it has no header on line 1.")
    return header


def survey(
    content: FileContent, form: Dialect, check: Callable[[CsvRecord], None]
) -> tuple[CsvRecord | None, str]:
    """The last record below the header, and the line end; each record below passes ``check``.

    Raises ``InputError`` for a file that is no CSV.
    """
    last: CsvRecord | None = None
    ends: set[str] = set()
    for number, record in enumerate(records(content, form)):
        if number:
            last = record
            check(record)
        if record.cells:
            ends.add(record.text[len(record.text.rstrip("\r\n")) :])
    names = {_LINE_ENDS.get(end, "mixed") for end in ends if end}
    return last, names.pop() if len(names) == 1 else "mixed" if names else "LF"


def below(content: FileContent, form: Dialect) -> Iterator[CsvRecord]:
    """The records below the header."""
    return islice(records(content, form), 1, None)


def records(content: FileContent, form: Dialect) -> Iterator[CsvRecord]:
    """All records, blank lines too."""
    decoded = content.decoded
    start = 1 + sum(1 for _ in lines_of(form.preamble))
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for number, line in enumerate(lines_of(decoded.text, len(form.preamble)), start):
            if len(line) >= MAX_CELLS and line.count(form.delimiter) >= MAX_CELLS:
                raise InputError(
                    f"The legacy CSV {content.path} has more than {MAX_CELLS} cells on line "
                    f"{number}: see that it is the right file."
                )
            taken.append(line)
            yield line

    try:
        for cells in read_records(lines(), form):
            places = range(start, start + len(taken))
            data = None
            if decoded.strays and not decoded.strays.keys().isdisjoint(places):
                pairs = zip(places, taken, strict=True)
                data = b"".join(decoded.strays.get(n) or line.encode() for n, line in pairs)
            yield CsvRecord(start, tuple(cells), "".join(taken), data)
            start += len(taken)
            taken.clear()
    except csv.Error as error:
        raise _no_csv(content.path, start, start + max(len(taken) - 1, 0), error) from error


def _no_csv(path: Path, start: int, line: int, error: csv.Error) -> InputError:
    if "unexpected end" in str(error):
        return InputError(
            f"The legacy CSV {path} ends within the record that starts on line {start}: a quoted "
            "cell is never closed, as in a file cut short; restore the file."
        )
    return InputError(
        f"The legacy CSV {path} is no valid CSV on line {line} ({error}): mend the quotes of the "
        f"record that starts on line {start}."
    )
