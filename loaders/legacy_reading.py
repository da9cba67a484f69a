"""The legacy CSV of every generation: each record verbatim, with its line and its own layout."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256 as digest
from pathlib import Path

from loaders.index_column import IDS_MEND, WORDS, doubtful_ids, has_untitled_index
from loaders.legacy_files import FileContent, find_files, read_content
from loaders.legacy_header import SHOWN, Layout, count_known, read_header, row_layout
from loaders.text_files import FALLBACK, MAX_BYTES, Dialect, headed, read_records
from rowkeeper.core.csv.guard import is_marked, unguard
from rowkeeper.core.csv.legacy import COLUMNS
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import quoted, sha256, some_of, to_json
from rowkeeper.core.titles import column_name

MAX_CELLS = 1_000_000
"""Of one line: a line of nothing but separators would fill the memory."""
_LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


@dataclass(frozen=True)
class LegacyRow:
    """One record; ``line`` is the physical line on which it starts, from 1.

    ``text`` is the record as it stands, its line end included, ``data`` its bytes where these are
    not the text in the file's encoding. ``generation`` and ``values`` (by column) follow the
    record's own layout: None and {} where its width fits none. ``named`` has every cell with its
    column's name.
    """

    line: int
    generation: int | None
    cells: tuple[str, ...]
    values: Mapping[str, str]
    named: tuple[tuple[str, str], ...]
    text: str
    data: bytes | None
    cells_json: str
    content_sha256: str


@dataclass(frozen=True)
class LegacyFile:
    """One file. ``line_end`` is LF, CRLF, CR or mixed; ``header_text`` the header as it stands.

    ``preamble`` (blank lines, a ``sep=`` line or ''), ``header_text`` and the rows' texts, one
    after the other, are the text of the file. ``generation`` counts the columns that are known;
    ``layout`` has our name of each column, '' for the ``unknown`` ones. ``notice`` says what was
    assumed, or ''.
    """

    path: Path
    modified_at: datetime
    file_sha256: str
    encoding: str
    notice: str
    line_end: str
    delimiter: str
    preamble: str
    generation: int
    layout: Layout
    header: tuple[str, ...]
    header_text: str
    header_data: bytes | None
    rows: tuple[LegacyRow, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The titles of the columns that nobody knows."""
        named = zip(self.header, self.layout, strict=True)
        return tuple(title for title, name in named if not name)

    @property
    def may_be_cut(self) -> bool:
        """Whether it ends within a cell, for all that one sees."""
        last = self.rows[-1] if self.rows else None
        return last is not None and last.cells[-1:] > ("",) and not last.text.endswith(("\n", "\r"))


@dataclass(frozen=True)
class _Record:
    line: int
    cells: tuple[str, ...]
    text: str
    data: bytes | None


def load_legacy_csv(
    paths: Iterable[str | Path],
    columns: Mapping[str, str] | None = None,
    fallback: str = FALLBACK,
    max_bytes: int = MAX_BYTES,
) -> list[LegacyFile]:
    """All files that ``paths`` (files, folders, globs) name, each content once.

    ``columns`` maps our column names to what these files call them; a line that is not UTF-8 is
    read as ``fallback``. Raises ``InputError`` for the first bad file, so that a run takes all or
    none.
    """
    files = [read_file(path, columns, fallback, max_bytes) for path in find_files(paths)]
    for file in files:
        if doubtful := doubtful_ids(row.values.get("row_id", "") for row in file.rows):
            raise InputError(
                f"The legacy CSV {file.path} has row ids that {IDS_MEND}: "
                f"{some_of(doubtful, SHOWN)}."
            )
    return list({file.file_sha256: file for file in files}.values())


def read_file(
    path: Path,
    columns: Mapping[str, str] | None = None,
    fallback: str = FALLBACK,
    max_bytes: int = MAX_BYTES,
) -> LegacyFile:
    """The file at ``path``. Raises ``InputError`` that names the file, the line and the remedy."""
    content = read_content(path, fallback, max_bytes)
    text, titles = content.decoded.text, columns or {}
    form = headed(path, text, partial(count_known, columns=titles))
    records = list(_records(content, form))
    if not records:
        raise InputError(f"The legacy CSV {path} is empty: it has no header on line 1.")
    header, *rest = records
    layout = read_header(path, header.line, header.cells, titles)
    if has_untitled_index(layout, [record.cells for record in rest]):
        raise InputError(
            f"The legacy CSV {path} {WORDS}: give the index a title before the others on line "
            f"{header.line}, such as index, or save the file without it."
        )
    if rest and not text.endswith(("\n", "\r")):
        _refuse_half(path, rest[-1], layout)
    names, read = column_names(header.cells, layout), _reader_of(header, form)
    return LegacyFile(
        path=path,
        modified_at=content.modified_at,
        file_sha256=digest(content.data).hexdigest(),
        encoding=content.decoded.encoding,
        notice=content.decoded.notice,
        line_end=_line_end(records),
        delimiter=form.delimiter,
        preamble=form.preamble,
        generation=sum(map(bool, layout)),
        layout=layout,
        header=header.cells,
        header_text=header.text,
        header_data=header.data,
        rows=tuple(_row(record, layout, names, read) for record in rest),
    )


def notices_of(file: LegacyFile) -> list[str]:
    """What was assumed or not understood of a file, in sentences."""
    said = []
    if file.notice:
        said.append(
            f"{file.path} {file.notice}: if names look wrong, save it as UTF-8 or set "
            "legacy_csv.encoding."
        )
    if file.unknown:
        named = some_of(list(map(quoted, file.unknown)), SHOWN)
        said.append(
            f"{file.path} has columns that nobody knows, kept as they are: {named}. If one is "
            "ours, say so in legacy_csv.columns."
        )
    if file.may_be_cut:
        said.append(
            f"{file.path} ends without a line end: if it was cut short, its last cell is, too, and "
            "the file is to be restored."
        )
    return said


def _reader_of(header: _Record, form: Dialect) -> Callable[[str], str]:
    """What makes of a cell as it stands the cell that was meant."""
    if header.cells and is_marked(header.cells[0]):
        return partial(unguard, delimiter=form.delimiter)
    return str


def _row(record: _Record, header: Layout, names: Layout, read: Callable[[str], str]) -> LegacyRow:
    cells = tuple(map(read, record.cells))
    cells_json = to_json(cells)
    layout = row_layout(cells, header)
    values = dict.fromkeys(filter(None, layout or ()), "")
    values |= {n: cell for n, cell in zip(layout or (), cells, strict=False) if n}
    return LegacyRow(
        line=record.line,
        generation=len(list(filter(None, layout))) if layout else None,
        cells=cells,
        values=values,
        named=named_cells(cells, header, names),
        text=record.text,
        data=record.data,
        cells_json=cells_json,
        content_sha256=sha256(cells_json),
    )


def named_cells(
    cells: tuple[str, ...], header: Layout, names: Layout
) -> tuple[tuple[str, str], ...]:
    """Each cell of a record with its column's name; ``names`` are those of the header's columns."""
    layout = row_layout(cells, header)
    own = names if layout == header else layout or ()
    numbered = tuple(f"column_{number}" for number in range(len(own) + 1, len(cells) + 1))
    return tuple(zip((*own, *numbered), cells, strict=False))


def column_names(titles: tuple[str, ...], layout: Layout) -> Layout:
    """A name for each column: ours, else its title in lower case, else its number from 1."""
    names: list[str] = []
    for place, (title, known) in enumerate(zip(titles, layout, strict=True), 1):
        name = known or column_name(title)
        taken = not known and (name in names or name in COLUMNS or not name)
        names.append(f"column_{place}" if taken else name)
    return tuple(names)


def _records(content: FileContent, form: Dialect) -> Iterator[_Record]:
    """All records, blank lines too."""
    decoded = content.decoded
    start = 1 + sum(1 for _ in io.StringIO(form.preamble, newline=""))
    taken: list[str] = []

    def lines() -> Iterator[str]:
        text = io.StringIO(decoded.text.removeprefix(form.preamble), newline="")
        for number, line in enumerate(text, start):
            if line.count(form.delimiter) >= MAX_CELLS:
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
            if not decoded.strays.keys().isdisjoint(places):
                pairs = zip(places, taken, strict=True)
                data = b"".join(decoded.strays.get(n) or line.encode() for n, line in pairs)
            yield _Record(start, tuple(cells), "".join(taken), data)
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


def _refuse_half(path: Path, record: _Record, layout: Layout) -> None:
    """A last line without an end that is too short was cut off while it was written."""
    if record.cells and row_layout(record.cells, layout) is None:
        width = len(layout)
        raise InputError(
            f"The legacy CSV {path} ends with half a line: line {record.line} has "
            f"{len(record.cells)} of {width} fields; restore the file or remove that line."
        )


def _line_end(records: list[_Record]) -> str:
    ends = {record.text[len(record.text.rstrip("\r\n")) :] for record in records if record.cells}
    names = {_LINE_ENDS.get(end, "mixed") for end in ends if end}
    return names.pop() if len(names) == 1 else "mixed" if names else "LF"
