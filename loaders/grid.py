"""The tabs of a published sheet page and their cells, verbatim."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from lxml import etree, html

from loaders.bounds import USUAL, Bounds
from loaders.left_out import picture_notice
from loaders.noted import Merged, SeenCells
from loaders.page import PUBLISH, Page
from rowkeeper.core import markup
from rowkeeper.core.errors import InputError
from rowkeeper.core.links.classify import unwrap
from rowkeeper.core.text import harmless


@dataclass(frozen=True)
class Cell:
    """One cell: its text as it stands, and its links without Google's redirect."""

    text: str = ""
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One row of a tab; ``number`` is the sheet's own row number, from 1."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Tab:
    """One tab of the page. ``title`` is '' when the page does not show it; ``notices`` say in words
    what was assumed while reading it; ``source_bytes`` are those of the file or page which it was
    read from, unpacked, and ``source_sha256`` is theirs; None for what has none."""

    gid: str
    title: str
    lines: tuple[Line, ...]
    notices: tuple[str, ...] = ()
    source_sha256: str | None = None
    source_bytes: bytes | None = field(default=None, repr=False)
    merged: tuple[Merged, ...] = ()

    @property
    def label(self) -> str:
        return tab_label(self.gid, self.title)


def with_source(tabs: Iterable[Tab], data: bytes) -> list[Tab]:
    """``tabs`` with the bytes that they were read from."""
    digest = hashlib.sha256(data).hexdigest()
    return [replace(tab, source_sha256=digest, source_bytes=data) for tab in tabs]


def tab_label(gid: str, title: str) -> str:
    """A tab as a sentence names it."""
    shown = harmless(title)
    return f"{harmless(gid)} ({shown})" if shown else harmless(gid)


def links_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """The links of a cell as every way to the sheet gives them: without Google's redirect."""
    return tuple(unwrap(address) for text in addresses if (address := text.strip()))


def without_blank_ends(lines: list[Line]) -> tuple[Line, ...]:
    """``lines`` without blank cells at the ends of rows and blank rows at the end.

    Where a sheet ends is not its content, and each way to it sees another end.
    """
    cut = []
    for line in lines:
        width = max(
            (place for place, cell in enumerate(line.cells, 1) if cell != Cell()), default=0
        )
        cut.append(Line(line.number, line.cells[:width]))
    while cut and not cut[-1].cells:
        cut.pop()
    return tuple(cut)


def check_lines(where: str, lines: Sequence[Line], bounds: Bounds) -> None:
    """Raises ``InputError`` if a tab of ``lines`` is larger than ``bounds``.

    Every row counts as wide as the widest, since that is how it is kept; a text that many cells
    share counts for each.
    """
    bounds.check_row(where, len(lines))
    for line in lines:
        bounds.check_column(where, len(line.cells), line.number)
    bounds.check_cells(where, len(lines) * max((len(line.cells) for line in lines), default=0))
    bounds.check_bytes(where, sum(len(cell.text) for line in lines for cell in line.cells))


BLANK = Cell()
TAGS_A_CELL = 4
MANY_LINKS = 10_000
"""Of one cell."""


def read_tabs(page: Page, bounds: Bounds = USUAL) -> list[Tab]:
    """All tabs of ``page``, in its order.

    Raises ``InputError`` when it is no published sheet, or larger than ``bounds``.
    """
    tree = _parse(page, bounds)
    tables = tree.xpath("//table[contains(concat(' ', normalize-space(@class), ' '), ' waffle ')]")
    tables = _outer(tables) or tree.xpath("//table[not(ancestor::table)]")
    if not tables:
        raise InputError(_no_table(page, tree))
    titles = _titles(tree)
    tabs: list[Tab] = []
    for table in tables:
        ids = table.xpath("ancestor::div[@id][1]/@id")
        gid = str(ids[0]) if ids else str(len(tabs))
        noted = SeenCells()
        lines = tuple(_lines(table, page.source, bounds, noted))
        notices, merged = picture_notice(noted.pictures), tuple(noted.merged)
        tab = Tab(gid, titles.get(gid, ""), lines, notices, merged=merged)
        check_lines(f"The sheet {page.source}, tab {tab.label},", tab.lines, bounds)
        tabs.append(tab)
    return tabs


def _outer(tables: list[html.HtmlElement]) -> list[html.HtmlElement]:
    """Those of ``tables`` that are in none of them: a cell's own are its text, and no tabs."""
    outer: set[html.HtmlElement] = set()
    for table in tables:  # in their order: the outer ones come first
        if outer.isdisjoint(table.iterancestors("table")):
            outer.add(table)
    return [table for table in tables if table in outer]


def _parse(page: Page, bounds: Bounds) -> html.HtmlElement:
    """The document of ``page``; refuses what would lose rows in silence."""
    body = page.body.removeprefix(b"\xef\xbb\xbf")
    if not body.strip():
        raise InputError(f"The sheet {page.source} is empty: check the link in a browser.")
    if b"\0" in body:
        raise InputError(
            f"The sheet {page.source} holds NUL bytes, so it is no HTML page: {PUBLISH}."
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The sheet {page.source} is not UTF-8 (byte {error.start}): save the page again."
        ) from error
    if not re.search(r"<\s*(!doctype\s+html|html|body|table|div)\b", text, re.IGNORECASE):
        raise InputError(f"The sheet {page.source} is not an HTML page: {PUBLISH}.")
    if words := markup.cost(text, bounds.max_cells * TAGS_A_CELL):
        raise InputError(
            f"The sheet {page.source} has {words}, which no published page has: {PUBLISH}."
        )
    if len(re.findall(r"<table\b", text)) > len(re.findall(r"</table\s*>", text)):
        raise InputError(f"The sheet {page.source} is cut short: fetch or save it again.")
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise InputError(f"The sheet {page.source} is not an HTML page: {PUBLISH}.") from error
    if markup.is_cut(parser):
        raise InputError(f"The sheet {page.source} has {markup.TOO_DEEP}: {PUBLISH}.")
    return tree


def _no_table(page: Page, tree: html.HtmlElement) -> str:
    """Why ``page`` has no table, in one sentence."""
    forms = " ".join(str(action) for action in tree.xpath("//form/@action | //base/@href"))
    if re.search(r"ServiceLogin|accounts\.google\.com|/signin", forms) or tree.xpath(
        "//form//input[@type='password' or @type='email']"
    ):
        return f"The sheet {page.source} is a sign-in page: {PUBLISH}."
    return f"The page {page.source} holds no sheet: {PUBLISH}."


def _titles(tree: html.HtmlElement) -> dict[str, str]:
    """The titles of the tabs by gid, from the page's menu."""
    buttons = tree.xpath("//li[starts-with(@id, 'sheet-button-')]")
    return {
        button.get("id", "").removeprefix("sheet-button-"): "".join(button.itertext()).strip()
        for button in buttons
    }


def _lines(
    table: html.HtmlElement, source: str, bounds: Bounds, noted: SeenCells
) -> Iterator[Line]:
    """The rows of ``table`` that carry cells; spans are laid out, freeze bars left out."""
    number = count = seen = blank = 0
    below: dict[int, int] = {}  # column -> rows that a cell further up still covers
    where = f"The sheet {source}"
    for row in _rows(table):
        parts = [cell for cell in row.xpath("./td") if "freezebar-cell" not in _classes(cell)]
        shown = "".join("".join(head.itertext()) for head in row.xpath("./th")).strip()
        if not parts and not shown:
            blank += 1
            bounds.check_row(where, blank)
            continue
        above, number = number, int(shown) if re.fullmatch(r"[0-9]{1,9}", shown) else number + 1
        if number <= above:
            raise InputError(
                f"The sheet {source} shows row {number} after row {above}: publish it again."
            )
        seen += 1
        bounds.check_row(where, seen)
        cells = _laid_out(parts, below, bounds.max_columns, number, noted)
        bounds.check_column(where, len(cells), number)
        count += len(cells)
        bounds.check_cells(where, count)
        yield Line(number, tuple(cells))


def _rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The rows as a browser shows them, without the letters of the columns."""
    yield from (row for row in table.iterfind("thead/tr") if row.find("td") is not None)
    for child in table.iterchildren("tr", "tbody"):
        if child.tag == "tr":
            yield child
        else:
            yield from child.iterchildren("tr")
    yield from table.iterfind("tfoot/tr")


def _classes(cell: html.HtmlElement) -> list[str]:
    return (cell.get("class") or "").split()


def _laid_out(
    parts: list[html.HtmlElement], below: dict[int, int], most: int, number: int, noted: SeenCells
) -> list[Cell]:
    """The cells of one row by column; a merged cell stands in its first place, then blanks.

    Of a row that is wider than ``most``, as many cells as show that it has content there.
    """
    cells: list[Cell] = []

    def skip_covered() -> None:
        while below.get(len(cells), 0):
            below[len(cells)] -= 1
            cells.append(BLANK)

    for part in parts:
        skip_covered()
        cell, rows = _cell(part), _span(part, "rowspan")
        noted.look(part, len(cells) + 1, number, 1 if cell == BLANK else rows)
        if len(cells) < most:
            for offset in range(min(_span(part, "colspan"), most - len(cells))):
                below[len(cells)] = rows - 1
                cells.append(BLANK if offset else cell)
        elif cell != BLANK:
            return [*cells, cell]
    skip_covered()
    return cells


def _span(cell: html.HtmlElement, name: str) -> int:
    """A colspan or a rowspan, 1 when there is none or it makes no sense."""
    value = (cell.get(name) or "").strip()
    return min(max(int(value), 1), 1000) if re.fullmatch(r"[0-9]{1,9}", value) else 1


def _cell(part: html.HtmlElement) -> Cell:
    addresses = (str(anchor.get("href")) for anchor in part.iter("a") if anchor.get("href"))
    links = list(islice(addresses, MANY_LINKS + 1))
    if len(links) > MANY_LINKS:
        raise InputError(
            f"A cell of the sheet has more than {MANY_LINKS:,} links: share them among cells."
        )
    return Cell("".join(_text(part)), links_of(links))


def _text(part: html.HtmlElement) -> Iterator[str]:
    """The pieces of text in ``part``, in order; a ``<br>`` is a line end.

    Without recursion: how deep elements stand in each other is for the page to say.
    """
    for event, element in etree.iterwalk(part, events=("start", "end", "comment", "pi")):
        if event == "start":
            yield "\n" if element.tag == "br" else element.text or ""
        if event != "start" and element is not part:
            yield element.tail or ""
