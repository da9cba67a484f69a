"""Which tab of a sheet is read, and where its titles stand."""

from collections.abc import Iterator
from functools import partial

from loaders.columns import (
    NOTHING_SAID,
    SHOWN,
    Columns,
    WantedColumns,
    count_known,
    is_title,
    read_titles,
    shown_titles,
)
from loaders.grid import Line, Tab, without_blank_ends
from loaders.text_files import titles_in_one_cell
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import harmless, some_of, trimmed
from rowkeeper.core.titles import is_same_title

HEADER_WITHIN = 1000
"""The rows of a tab among which its titles are looked for."""


def is_wanted(wanted: str | None, gid: str, title: str) -> bool:
    """Whether a tab is asked for by its gid or title; each one is when none is named."""
    return wanted is None or gid == wanted or (title != "" and is_same_title(title, wanted))


def choose(
    source: str, tabs: list[Tab], asked: str | None, wanted: WantedColumns
) -> tuple[Tab, Line, Columns]:
    """The tab to read, its row of titles and its columns.

    The first tab that has what the settings name; else, so that an error can say what is there
    instead, the first with a name.
    """
    candidates = [t for t in tabs if t.gid == asked] or [
        t for t in tabs if is_wanted(asked, t.gid, t.title)
    ]
    if not tabs:
        raise InputError(f"The sheet {source} shows no tab: see in a browser that it has one.")
    if not candidates:
        raise InputError(
            f"The sheet {source} has no tab {harmless(asked or '')}: set sheet.tab or --tab to one "
            f"of {', '.join(tab.label for tab in tabs)}."
        )
    heads = [(tab, *header) for tab in candidates if (header := header_of(tab, wanted))]
    if heads:
        return next((head for head in heads if not head[2].missing), heads[0])
    for tab in candidates:
        if wanted and (header := header_of(tab, NOTHING_SAID)):
            head, _ = header
            return tab, head, read_titles([cell.text for cell in head.cells], wanted)
    raise _no_titles(source, candidates, wanted)


def header_of(tab: Tab, wanted: WantedColumns) -> tuple[Line, Columns] | None:
    """The first row that names a name and another column of ours, else the first with a name."""
    only_name = None
    for line in tab.lines[:HEADER_WITHIN]:
        texts = [cell.text for cell in line.cells]
        if not any(is_title(text, wanted) for text in texts):
            continue
        columns = read_titles(texts, wanted)
        if columns.has_name and len(set(columns.places.values())) > 1:
            return line, columns
        if columns.has_name and only_name is None:
            only_name = line, columns
    return only_name


def _no_titles(source: str, tabs: list[Tab], wanted: WantedColumns) -> InputError:
    labels = ", ".join(tab.label for tab in tabs)
    filled = [line for tab in tabs for line in without_blank_ends(list(tab.lines[:HEADER_WITHIN]))]
    if not filled:
        return InputError(
            f"The sheet {source} has nothing in tab {labels}: choose another with sheet.tab, or "
            "bring the rows back."
        )
    assumed = "".join(f" {notice}" for tab in tabs for notice in tab.notices)
    known = partial(count_known, wanted=wanted)
    for line in filled[:20]:
        if doubt := titles_in_one_cell([cell.text for cell in line.cells], known):
            return InputError(
                f"The sheet {source}, tab {labels}, has in row {line.number} the titles "
                f"{shown_titles([cell.text for cell in line.cells])}, {doubt}."
            )
    likely = max(filled[:20], key=lambda line: sum(bool(trimmed(c.text)) for c in line.cells))
    return InputError(
        f"The sheet {source}, tab {labels}, has no name column (row {likely.number} shows "
        f"{shown_titles([cell.text for cell in likely.cells])}): name its title in sheet.columns, "
        f'such as {{name = "Who"}}, to init by --column name=Who; or choose another tab with '
        f"sheet.tab.{assumed}"
    )


def other_tabs(
    source: str, tabs: list[Tab], chosen: Tab, wanted: WantedColumns | None
) -> Iterator[str]:
    """What is said where other tabs list people, too, and nobody has named the one to read."""
    others = [
        tab.label
        for tab in tabs
        if tab is not chosen
        and (header := header_of(tab, wanted or NOTHING_SAID))
        and len(set(header[1].places.values())) > 1
        and len(tab.lines) > tab.lines.index(header[0]) + 1
    ]
    if others:
        yield (
            f"The sheet {source} was read from tab {chosen.label}; {some_of(others, SHOWN)} list "
            "names, too: say with sheet.tab or --tab which is meant."
        )
