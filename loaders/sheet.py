"""A published sheet as a snapshot: one tab, each row verbatim under the titles of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from loaders.frames import read_frames
from loaders.grid import Cell, Line, Tab, read_tabs, without_blank_ends
from loaders.page import read_page, url_gid
from loaders.sheet_files import SUFFIXES, read_file_tabs
from loaders.sheets_api import ENDPOINT, read_api, spreadsheet_id
from rowkeeper.errors import InputError
from rowkeeper.google_api import NO_CREDENTIALS, Credentials
from rowkeeper.text import sha256, to_json, trimmed

if TYPE_CHECKING:
    from rowkeeper.settings import Settings

COLUMNS = ("row_id", "name", "email", "type", "status", "notes")
TITLES: Mapping[str, tuple[str, ...]] = {
    "row_id": ("#", "row id", "row_id", "id", "no", "no."),
    "name": ("name", "full name"),
    "email": ("email", "e-mail", "email address", "e-mail address"),
    "type": ("type", "personality type"),
    "status": ("status",),
    "notes": ("notes", "note"),
}


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
    """One look at one tab. ``content_sha256`` covers the rows, not the page around them."""

    source: str
    tab_gid: str
    tab_title: str
    observed_at: datetime
    content_sha256: str
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, kw_only=True)
class Access:
    """How sources are reached. ``cache_dir`` keeps pages for conditional requests, if given."""

    proxy: str | None = None
    ca_file: Path | None = None
    cache_dir: Path | None = None
    credentials: Credentials = NO_CREDENTIALS
    api_endpoint: str = ENDPOINT

    @classmethod
    def of(cls, settings: "Settings", *, keep_pages: bool = False) -> Self:
        """The access that ``settings`` give; pages are kept in the data folder if at all."""
        sheet, network = settings.sheet, settings.network
        key = sheet.api_key.get_secret_value() if sheet.api_key else None
        return cls(
            proxy=network.proxy,
            ca_file=network.ca_file,
            cache_dir=settings.data_dir / "sheet" if keep_pages else None,
            credentials=Credentials(api_key=key, file=sheet.credentials_file),
            api_endpoint=sheet.api_endpoint or ENDPOINT,
        )


def load_sheet(
    source: str,
    tab: str | None = None,
    columns: Mapping[str, str] | None = None,
    access: Access | None = None,
) -> Snapshot:
    """Fetch and read the sheet at ``source``: a published page, a spreadsheet's URL or a file.

    ``tab`` is a gid or a title; without it the gid in the URL holds, else the first tab with a name
    column. ``columns`` maps our column names to this sheet's titles. Raises ``InputError``,
    ``SourceUnavailableError``.
    """
    access = access or Access()
    if spreadsheet := spreadsheet_id(source):
        wanted = tab or url_gid(source)
        tabs = read_api(
            spreadsheet,
            access.credentials,
            access.api_endpoint,
            wanted,
            access.proxy,
            access.ca_file,
        )
        place = f"https://docs.google.com/spreadsheets/d/{spreadsheet}"
        return snapshot_of(place, tabs, wanted, columns)
    if path := _file_of(source):
        return snapshot_of(str(path), read_file_tabs(path), tab, columns)
    return _load_page(source, tab, columns, access)


def _file_of(source: str) -> Path | None:
    """The CSV or XLSX that ``source`` names; None for anything else."""
    path = Path(unquote(urlsplit(source).path) if source.startswith("file://") else source)
    is_file = path.suffix.lower() in SUFFIXES and not source.startswith(("http://", "https://"))
    return path.expanduser().resolve() if is_file else None


def _load_page(
    source: str, tab: str | None, columns: Mapping[str, str] | None, access: Access
) -> Snapshot:
    page = read_page(source, access.proxy, access.ca_file, access.cache_dir)
    wanted = tab or page.gid
    frames = read_frames(page)
    if not frames:
        return snapshot_of(page.source, read_tabs(page), wanted, columns)
    chosen = [frame for frame in frames if _is_wanted(wanted, frame.gid, frame.title)] or frames
    tabs = []
    for frame in chosen:
        framed = read_page(frame.url, access.proxy, access.ca_file, access.cache_dir)
        found = read_tabs(replace(framed, source=page.source))
        tabs += [replace(shown, title=shown.title or frame.title) for shown in found]
    return snapshot_of(page.source, tabs, wanted, columns)


def snapshot_of(
    source: str, tabs: list[Tab], tab: str | None = None, columns: Mapping[str, str] | None = None
) -> Snapshot:
    """The snapshot that ``tabs`` show. Raises ``InputError`` as ``load_sheet`` does."""
    own = dict(columns or {})
    titles = {name: {_key(own[name])} if name in own else set(TITLES[name]) for name in COLUMNS}
    chosen, head = _choose(source, tabs, tab, titles)
    places = _places(head, titles, own, source)
    width = max(len(line.cells) for line in chosen.lines)
    labels = [head.cells[i].text if i < len(head.cells) else "" for i in range(width)]
    names = _names(labels, places)
    rows = tuple(_row(line, head.number, places, labels, names) for line in chosen.lines)
    return Snapshot(
        source=source,
        tab_gid=chosen.gid,
        tab_title=chosen.title,
        observed_at=datetime.now(UTC),
        content_sha256=sha256(to_json([[row.number, row.content_sha256] for row in rows])),
        rows=rows,
    )


def _key(title: str) -> str:
    """A title as it is compared: without outer or doubled white space, in lower case."""
    return " ".join(trimmed(title).casefold().split())


def _is_wanted(wanted: str | None, gid: str, title: str) -> bool:
    """Whether a tab is asked for by its gid or title; each one is when none is named."""
    return wanted is None or gid == wanted or (title != "" and _key(title) == _key(wanted))


def _choose(
    source: str, tabs: list[Tab], wanted: str | None, titles: Mapping[str, set[str]]
) -> tuple[Tab, Line]:
    """The tab to read and its header row."""
    candidates = [t for t in tabs if t.gid == wanted] or [
        t for t in tabs if _is_wanted(wanted, t.gid, t.title)
    ]
    if not tabs:
        raise InputError(f"The sheet {source} shows no tab: see in a browser that it has one.")
    if not candidates:
        raise InputError(
            f"The sheet {source} has no tab {wanted}: set sheet.tab or --tab to one of "
            f"{', '.join(tab.label for tab in tabs)}."
        )
    for tab in candidates:
        if head := _header(tab, titles):
            return tab, head
    if not any(without_blank_ends(list(tab.lines)) for tab in candidates):
        raise InputError(
            f"The sheet {source} has nothing in tab {', '.join(t.label for t in candidates)}: "
            "choose another with sheet.tab, or bring the rows back."
        )
    seen = [_key(cell.text) for tab in candidates for line in tab.lines[:1] for cell in line.cells]
    shown = ", ".join(f"'{title}'" for title in seen if title) or "no titles"
    raise InputError(
        f"The sheet {source} has no name column (its first row shows {shown}): name the "
        "column's title in sheet.columns, or choose another tab with sheet.tab."
    )


def _header(tab: Tab, titles: Mapping[str, set[str]]) -> Line | None:
    """The first row in which a cell is the title of the name column."""
    for line in tab.lines:
        if any(_key(cell.text) in titles["name"] for cell in line.cells):
            return line
    return None


def _places(
    head: Line, titles: Mapping[str, set[str]], own: Mapping[str, str], source: str
) -> dict[str, int]:
    """Column name -> its place in the row; a first column without a title is the row id."""
    keys = [_key(cell.text) for cell in head.cells]
    places = {
        name: keys.index(match)
        for name in COLUMNS
        if (match := next((key for key in keys if key in titles[name]), None)) is not None
    }
    for name in own:
        if name not in places:
            raise InputError(
                f"The sheet {source} has no column '{own[name]}' for {name} (it shows "
                f"{', '.join(key for key in keys if key)}): mend sheet.columns."
            )
    if "row_id" not in places and keys[0] == "":
        places["row_id"] = 0
    return places


def _names(labels: list[str], places: Mapping[str, int]) -> list[str]:
    """A name for each column: ours, else its title in lower case, else its number from 1."""
    ours = {place: name for name, place in places.items()}
    names: list[str] = []
    for i, label in enumerate(labels):
        name = ours.get(i) or _key(label)
        taken = name in names or (i not in ours and name in COLUMNS)
        names.append(f"column_{i + 1}" if taken or not name else name)
    return names


def _row(
    line: Line, head: int, places: Mapping[str, int], labels: list[str], names: list[str]
) -> SheetRow:
    """``line`` filled up to the sheet's width. All up to the header counts as header."""
    cells = list(line.cells) + [Cell()] * (len(labels) - len(line.cells))
    shown = [
        {"title": label, "text": cell.text, "links": list(cell.links)}
        for label, cell in zip(labels, cells, strict=True)
    ]
    values = {name: cells[places[name]].text if name in places else None for name in COLUMNS}
    cells_json = to_json(shown)
    return SheetRow(
        number=line.number,
        is_header=line.number <= head,
        values=values,
        named=tuple(zip(names, cells, strict=True)),
        cells_json=cells_json,
        content_sha256=sha256(cells_json),
    )
