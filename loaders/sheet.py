"""A published sheet as a snapshot: one tab, each row verbatim under the titles of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from loaders.bounds import USUAL, Bounds
from loaders.columns import (
    NOTHING_SAID,
    ROW_ID,
    Columns,
    Titles,
    WantedColumns,
    check_columns,
    shown_titles,
)
from loaders.doubts import doubts
from loaders.emails import other_addresses
from loaders.frames import read_frames
from loaders.grid import Cell, Line, Tab, read_tabs, tab_label, with_source
from loaders.index_column import IDS_MEND, doubtful_ids, ids_beside_index
from loaders.other_tables import check_one_table, merged_over_people
from loaders.page import read_page, url_gid
from loaders.sheet_files import read_file_tabs, sheet_file
from loaders.sheets_api import ENDPOINT, read_api, spreadsheet_id
from loaders.tabs import choose, is_wanted, other_tabs
from loaders.text_files import FALLBACK
from rowkeeper.core import clock
from rowkeeper.core.errors import InputError
from rowkeeper.core.net.google_api import NO_CREDENTIALS, Credentials
from rowkeeper.core.net.route import DIRECT, Route
from rowkeeper.core.text import harmless, quoted, sha256, some_of, to_json, trimmed

if TYPE_CHECKING:
    from rowkeeper.core.settings import Settings


SHOWN = 3  # row ids that an error names


@dataclass(frozen=True)
class SheetRow:
    """One row. ``values`` has the verbatim text by column name, None where the sheet has no such
    column; ``named`` has every cell with its column's name ('column_7' for one without a title)."""

    number: int
    is_header: bool
    values: Mapping[str, str | None]
    named: tuple[tuple[str, Cell], ...]
    cells_json: str
    content_sha256: str


@dataclass(frozen=True)
class Snapshot:
    """One look at one tab. ``content_sha256`` covers the rows, not the page around them.

    ``columns`` are those of its titles; ``notices`` say in words what was assumed while reading;
    ``source_sha256`` and ``source_bytes`` as in ``Tab``.
    """

    source: str
    tab_gid: str
    tab_title: str
    observed_at: datetime
    content_sha256: str
    rows: tuple[SheetRow, ...]
    columns: Columns
    notices: tuple[str, ...] = ()
    source_sha256: str | None = None
    source_bytes: bytes | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """The tab, as a sentence about it begins."""
        return f"The sheet {self.source}, tab {self.tab_label},"

    @property
    def tab_label(self) -> str:
        return tab_label(self.tab_gid, self.tab_title)


@dataclass(frozen=True, kw_only=True)
class Access:
    """How sources are reached. ``cache_dir`` keeps pages for conditional requests, if given;
    ``encoding``: of lines of a text file that are not UTF-8."""

    route: Route = DIRECT
    cache_dir: Path | None = None
    credentials: Credentials = NO_CREDENTIALS
    api_endpoint: str = ENDPOINT
    bounds: Bounds = USUAL
    encoding: str = FALLBACK

    @classmethod
    def of(cls, settings: "Settings", *, keep_pages: bool = False) -> Self:
        """The access that ``settings`` give; pages are kept in the data folder if at all."""
        sheet = settings.sheet
        key = sheet.api_key.get_secret_value() if sheet.api_key else None
        return cls(
            route=Route.of(settings.network),
            cache_dir=settings.data_dir / "sheet" if keep_pages else None,
            credentials=Credentials(api_key=key, file=sheet.credentials_file),
            api_endpoint=sheet.api_endpoint or ENDPOINT,
            bounds=Bounds.of(settings),
            encoding=sheet.encoding,
        )


def configured_sheet(
    settings: "Settings", source: str | None = None, *, keep_pages: bool = False
) -> Snapshot:
    """The sheet that ``settings`` name, or that at ``source`` read as they say. Raises as below."""
    sheet, access = settings.sheet, Access.of(settings, keep_pages=keep_pages)
    source = source or str(sheet.source)
    return load_sheet(source, sheet.tab, sheet.columns, access, sheet.row_id)


def load_sheet(
    source: str,
    tab: str | None = None,
    columns: Titles | None = None,
    access: Access | None = None,
    row_id: Sequence[str] = (),
) -> Snapshot:
    """Fetch and read the sheet at ``source``: a published page, a spreadsheet's URL or a file.

    ``tab`` is a gid or a title; without it the gid in the URL holds, else the first tab with a name
    column. ``columns`` maps our column names to this sheet's titles, ``row_id`` names the columns
    that a row id is made of. Raises ``InputError``, ``SourceUnavailableError``, and ``UsageError``
    for columns that can't be.
    """
    wanted = WantedColumns.of(columns, row_id)
    return snapshot_of(*read_sheet(source, tab, wanted, access or Access()), wanted)


def read_sheet(
    source: str, tab: str | None, wanted: WantedColumns, access: Access
) -> tuple[str, list[Tab], str | None]:
    """The place of a sheet as a sentence names it, its tabs, and which of them is asked for.

    Raises as ``load_sheet`` does, of what can't be read at all.
    """
    if spreadsheet := spreadsheet_id(source):
        asked = tab or url_gid(source)
        tabs = read_api(
            spreadsheet,
            access.credentials,
            access.api_endpoint,
            asked,
            access.route,
            access.bounds,
        )
        return f"https://docs.google.com/spreadsheets/d/{spreadsheet}", tabs, asked
    if path := sheet_file(source):
        return str(path), read_file_tabs(path, wanted, access.bounds, access.encoding), tab
    return _read_page(source, tab, access)


def _read_page(source: str, tab: str | None, access: Access) -> tuple[str, list[Tab], str | None]:
    reach = (access.route, access.cache_dir, access.bounds)
    page = read_page(source, *reach)
    asked = tab or page.gid
    frames = read_frames(page)
    if not frames:
        return page.source, with_source(read_tabs(page, access.bounds), page.body), asked
    chosen = [frame for frame in frames if is_wanted(asked, frame.gid, frame.title)] or frames
    framed_tabs = []
    for frame in chosen:
        framed = replace(read_page(frame.url, *reach), source=page.source)
        page_tabs = with_source(read_tabs(framed, access.bounds), framed.body)
        framed_tabs += [replace(shown, title=shown.title or frame.title) for shown in page_tabs]
    return page.source, framed_tabs, asked


def snapshot_of(
    source: str, tabs: list[Tab], tab: str | None = None, wanted: WantedColumns | None = None
) -> Snapshot:
    """The snapshot that ``tabs`` show. Raises ``InputError`` as ``load_sheet`` does."""
    wanted = wanted or NOTHING_SAID
    chosen, head, columns = choose(source, tabs, tab, wanted)
    place = f"The sheet {source}, tab {chosen.label},"
    check_columns(place, head.number, columns)
    check_one_table(place, chosen.lines, head, columns, wanted)
    width = max(len(line.cells) for line in chosen.lines)
    labels, names = columns.labels(width), columns.names(width)
    rows = tuple(_row(line, head.number, columns, labels, names) for line in chosen.lines)
    snapshot = Snapshot(
        source=source,
        tab_gid=chosen.gid,
        tab_title=chosen.title,
        observed_at=clock.now(),
        content_sha256=sha256(to_json([[row.number, row.content_sha256] for row in rows])),
        rows=rows,
        columns=columns,
        notices=(
            *chosen.notices,
            *merged_over_people(chosen, head),
            *other_addresses(chosen, head, columns),
        ),
        source_sha256=chosen.source_sha256,
        source_bytes=chosen.source_bytes,
    )
    _refuse_nobody(snapshot)
    _refuse_other_ids(snapshot, wanted or NOTHING_SAID)
    if not tab:
        snapshot = replace(
            snapshot, notices=(*snapshot.notices, *other_tabs(source, tabs, chosen, wanted))
        )
    below = [
        [cell.text for cell in line.cells]
        for line, row in zip(chosen.lines, rows, strict=True)
        if not row.is_header
    ]
    doubted = doubts(snapshot.place, columns, wanted or NOTHING_SAID, below)
    return replace(snapshot, notices=(*snapshot.notices, *doubted))


def _refuse_nobody(snapshot: Snapshot) -> None:
    """A sheet in which no row that names somebody has an id holds no person that can be kept."""
    rows = [row.values for row in snapshot.rows if not row.is_header]
    named = [values for values in rows if trimmed(values["name"] or "")]
    if named and not any(trimmed(values["row_id"] or "") for values in named):
        raise InputError(
            f"{snapshot.place} has no row id in any of the {len(named)} rows with a name (its "
            f"titles are {shown_titles(snapshot.columns.titles)}): {ROW_ID}."
        )


def _refuse_other_ids(snapshot: Snapshot, wanted: WantedColumns) -> None:
    """Ids that are rather other people's, or none, are asked for: nothing later shows it."""
    columns = snapshot.columns
    if columns.row_id_from:
        return
    rows = [row for row in snapshot.rows if not row.is_header]
    if doubtful := doubtful_ids(row.values["row_id"] or "" for row in rows):
        raise InputError(
            f"{snapshot.place} has row ids that {IDS_MEND}: {some_of(doubtful, SHOWN)}."
        )
    if "row_id" in wanted.titles or trimmed(columns.titles[columns.places["row_id"][0]]):
        return
    known = columns.read_places
    cells = [[cell.text for _, cell in row.named] for row in rows]
    filled = [row for row in cells if any(map(trimmed, row[1:]))]
    if title := ids_beside_index(columns.titles, known, filled):
        raise InputError(
            f"{snapshot.place} counts its rows in a first column without a title, and column "
            f"{quoted(title)} may be the row ids: name it, sheet.columns = "
            f'{{row_id = "{harmless(title)}"}}, or give the first column a title, such as #.'
        )


def _row(line: Line, head: int, columns: Columns, labels: list[str], names: list[str]) -> SheetRow:
    """``line`` filled up to the sheet's width. All up to the header counts as header, and so do
    titles that are said again."""
    cells = list(line.cells) + [Cell()] * (len(labels) - len(line.cells))
    shown = [
        {"title": label, "text": cell.text, "links": list(cell.links)}
        for label, cell in zip(labels, cells, strict=True)
    ]
    cells_json = to_json(shown)
    return SheetRow(
        number=line.number,
        is_header=line.number <= head or columns.are_titles([cell.text for cell in cells]),
        values=columns.values(cells),
        named=tuple(zip(names, cells, strict=True)),
        cells_json=cells_json,
        content_sha256=sha256(cells_json),
    )
