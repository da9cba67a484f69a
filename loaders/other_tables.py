"""Several tables on one tab: below the titles of one, people of another would pass for others."""

from collections.abc import Sequence

from loaders.columns import OF_PERSON, Columns, WantedColumns, count_known, read_titles
from loaders.grid import Line, Tab
from loaders.left_out import merged_notice
from rowkeeper.core.errors import InputError
from rowkeeper.core.identity import compare_key
from rowkeeper.core.text import trimmed
from rowkeeper.core.titles import is_same_title

NAMES_ONE = frozenset({"row_id", "name", "email"})
FEWEST = 3
"""Titles that make a row one of titles: a person may have one for a name, or two."""


def check_one_table(
    place: str, lines: Sequence[Line], head: Line, columns: Columns, wanted: WantedColumns
) -> None:
    """Raises ``InputError`` for a second table of people below or beside the one with ``head``."""
    below = [line for line in lines if line.number > head.number]
    for line in below:
        if _says_other_titles([cell.text for cell in line.cells], columns, wanted):
            raise InputError(
                f"{place} has a second table with other titles or in another order in row "
                f"{line.number} (the first has its titles in row {head.number}): put it on a tab "
                "of its own, or its columns below the same titles."
            )
    if (beside := _beside(columns, wanted)) and _differ(below, columns, beside):
        raise InputError(
            f"{place} has two tables of people beside each other, the second from column "
            f"{min(beside.values()) + 1} on: put it on a tab of its own, or below the first."
        )


def merged_over_people(tab: Tab, head: Line) -> tuple[str, ...]:
    """What is said of cells below the titles that are merged over rows in which more stands."""
    filled = {line.number for line in tab.lines if any(trimmed(cell.text) for cell in line.cells)}
    return merged_notice(
        [
            merged.name
            for merged in tab.merged
            if merged.first > head.number
            and any(row in filled for row in range(merged.first + 1, merged.last + 1))
        ]
    )


def _says_other_titles(texts: Sequence[str], columns: Columns, wanted: WantedColumns) -> bool:
    """Whether a row says titles, and one of a person's stands elsewhere than it is read."""
    if any("@" in text and not count_known([text], wanted) for text in texts):
        return False  # an address, as most rows of people have one: what is quickly told
    if count_known(texts, wanted) < FEWEST:
        return False
    again = read_titles(texts, wanted).places
    known = {
        name
        for name in OF_PERSON
        if name in again and name in columns.places and all(trimmed(texts[p]) for p in again[name])
    }
    if len({again[name] for name in known}) < FEWEST:
        return False
    return any(again[name] != columns.places[name] for name in known)


def _beside(columns: Columns, wanted: WantedColumns) -> dict[str, int]:
    """Where the titles of people begin again in the same words, right of all that are read; {}
    where they don't."""
    read = {
        name: places[0]
        for name, places in columns.places.items()
        if name in OF_PERSON and name not in wanted.titles
    }
    if "name" not in read:
        return {}
    start = max(read.values())
    again = {
        name: at
        for name, place in read.items()
        for at, title in reversed(list(enumerate(columns.titles)))
        if at > start and trimmed(title) and is_same_title(title, columns.titles[place])
    }
    parted = any(
        not trimmed(title) for title in columns.titles[start : min(again.values(), default=0)]
    )
    is_table = "name" in again and ("row_id" in again or (parted and "email" in again))
    return again if is_table else {}


def _differ(below: Sequence[Line], columns: Columns, beside: dict[str, int]) -> bool:
    """Whether a row of the second table is of another person: all that names one differs."""
    return any(
        all(
            compare_key(_text(line, at))
            not in ("", compare_key(_text(line, columns.places[name][0])))
            for name, at in beside.items()
            if name in NAMES_ONE
        )
        for line in below
    )


def _text(line: Line, place: int) -> str:
    return line.cells[place].text if place < len(line.cells) else ""
