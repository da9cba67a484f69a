"""The legacy CSV of every generation: each record verbatim, with its line and its own layout."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from loaders.index_column import IDS_MEND, WORDS, doubtful_ids, has_untitled_index
from loaders.legacy_doubts import Titles
from loaders.legacy_files import FileContent, find_files, read_content
from loaders.legacy_header import SHOWN, Layout, count_known, read_header, row_layout
from loaders.legacy_records import CsvRecord, below, header_of, survey
from loaders.text_files import FALLBACK, MAX_BYTES, Dialect, headed
from rowkeeper.core.csv.guard import is_marked, unguard
from rowkeeper.core.csv.legacy import COLUMNS
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import quoted, sha256, some_of, to_json
from rowkeeper.core.titles import column_name, numbered_column


class LegacyRow(NamedTuple):
    """One record; ``line`` is the physical line on which it starts, from 1.

    ``text`` is the record as it stands, its line end included, ``data`` its bytes where these are
    not the text in the file's encoding. ``generation`` and ``values`` (by column) follow the
    record's own layout: None and {} where its width fits none. ``named`` has every cell with its
    column's name; ``is_header``: the cells are titles again.
    """

    line: int
    is_header: bool
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
    assumed, or ''. ``may_be_cut``: it ends within a cell, for all that one sees. ``doubtful_ids``:
    all row ids, where each may be thousands or a whole number with decimals.
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
    may_be_cut: bool
    doubtful_ids: tuple[str, ...]
    read_again: Callable[[], FileContent] = field(compare=False, repr=False)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The titles of the columns that nobody knows."""
        named = zip(self.header, self.layout, strict=True)
        return tuple(title for title, name in named if not name)

    def rows(self) -> Iterator[LegacyRow]:
        """The records below the header, read from the file anew: no rows are held.

        Raises ``InputError`` if another content is there by now.
        """
        content = self.read_again()
        if content.file_sha256 != self.file_sha256:
            raise InputError(
                f"The legacy CSV {self.path} was changed while it was read: run again when nobody "
                "writes it."
            )
        names = column_names(self.header, self.layout)
        titles = Titles(self.path, 1, self.header, self.layout, self.delimiter)
        read = _reader_of(self.header, self.delimiter)
        for record in below(content, Dialect(self.delimiter, self.preamble)):
            is_header = titles.are_again(record.cells)
            yield _row(record, self.layout, names, read, is_header=is_header)


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
        if file.doubtful_ids:
            raise InputError(
                f"The legacy CSV {file.path} has row ids that {IDS_MEND}: "
                f"{some_of(file.doubtful_ids, SHOWN)}."
            )
    return list({file.file_sha256: file for file in files}.values())


def read_file(
    path: Path,
    columns: Mapping[str, str] | None = None,
    fallback: str = FALLBACK,
    max_bytes: int = MAX_BYTES,
) -> LegacyFile:
    """The file at ``path``. Raises ``InputError`` that names the file, the line and the remedy."""
    read_again = partial(read_content, path, fallback, max_bytes)
    content, titles = read_again(), columns or {}
    form = headed(path, content.decoded.text, partial(count_known, columns=titles))
    header = header_of(content, form)
    layout = read_header(path, header.line, header.cells, titles)
    last, line_end = survey(
        content, form, Titles(path, header.line, header.cells, layout, form.delimiter).check
    )
    if has_untitled_index(layout, (record.cells for record in below(content, form))):
        raise InputError(
            f"The legacy CSV {path} {WORDS}: give the index a title before the others on line "
            f"{header.line}, such as index, or save the file without it."
        )
    is_open = last is not None and not last.text.endswith(("\n", "\r"))
    if last and is_open:
        _refuse_half(path, last, layout)
    read = _reader_of(header.cells, form.delimiter)
    values = (_values(tuple(map(read, one.cells)), layout)[1] for one in below(content, form))
    return LegacyFile(
        path=path,
        modified_at=content.modified_at,
        file_sha256=content.file_sha256,
        encoding=content.decoded.encoding,
        notice=content.decoded.notice,
        line_end=line_end,
        delimiter=form.delimiter,
        preamble=form.preamble,
        generation=sum(map(bool, layout)),
        layout=layout,
        header=header.cells,
        header_text=header.text,
        header_data=header.data,
        may_be_cut=is_open and any(last.cells[-1:]) if last else False,
        doubtful_ids=tuple(doubtful_ids(row.get("row_id", "") for row in values)),
        read_again=read_again,
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


def _reader_of(header: tuple[str, ...], delimiter: str) -> Callable[[str], str]:
    """What makes of a cell as it stands the cell that was meant."""
    if header and is_marked(header[0]):
        return partial(unguard, delimiter=delimiter)
    return str


def _row(
    record: CsvRecord,
    header: Layout,
    names: Layout,
    read: Callable[[str], str],
    *,
    is_header: bool,
) -> LegacyRow:
    cells = tuple(map(read, record.cells))
    cells_json = to_json(cells)
    layout, values = _values(cells, header)
    return LegacyRow(
        line=record.line,
        is_header=is_header,
        generation=sum(map(bool, layout)) if layout else None,
        cells=cells,
        values=values,
        named=_named(cells, names if layout == header else layout or ()),
        text=record.text,
        data=record.data,
        cells_json=cells_json,
        content_sha256=sha256(cells_json),
    )


def _values(cells: tuple[str, ...], header: Layout) -> tuple[Layout | None, dict[str, str]]:
    """The columns of a record below ``header``, and its cells by those that are ours."""
    layout = row_layout(cells, header)
    values = dict.fromkeys(layout or (), "")
    values.update(zip(layout or (), cells, strict=False))
    values.pop("", None)
    return layout, values


def named_cells(
    cells: tuple[str, ...], header: Layout, names: Layout
) -> tuple[tuple[str, str], ...]:
    """Each cell of a record with its column's name; ``names`` are those of the header's columns."""
    layout = row_layout(cells, header)
    return _named(cells, names if layout == header else layout or ())


def _named(cells: tuple[str, ...], own: Layout) -> tuple[tuple[str, str], ...]:
    names = list(own)
    while len(names) < len(cells):
        names.append(numbered_column(len(names) + 1, names))
    return tuple(zip(names, cells, strict=False))


def column_names(titles: tuple[str, ...], layout: Layout) -> Layout:
    """A name for each column: ours, else its title in lower case, else its number from 1."""
    names: list[str] = []
    for place, (title, known) in enumerate(zip(titles, layout, strict=True), 1):
        name = known or column_name(title)
        taken = not known and (name in names or name in COLUMNS or not name)
        names.append(numbered_column(place, names) if taken else name)
    return tuple(names)


def _refuse_half(path: Path, record: CsvRecord, layout: Layout) -> None:
    """A last line without an end that is too short was cut off while it was written."""
    if record.cells and row_layout(record.cells, layout) is None:
        width = len(layout)
        raise InputError(
            f"The legacy CSV {path} ends with half a line: line {record.line} has "
            f"{len(record.cells)} of {width} fields; restore the file or remove that line."
        )
