"""What is said of what stands in a sheet and comes into no table: in words, with the remedy."""

from collections.abc import Sequence

from rowkeeper.core.text import harmless, quoted, some_of

SHOWN = 20  # columns or cells that a notice names


def cell_name(column: int, row: int) -> str:
    """The name of a cell, such as B2, given its numbers from 1."""
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column)}{row}"


def hidden_notice(columns: set[int]) -> tuple[str, ...]:
    """What is said of hidden columns with content, given their numbers from 1."""
    from openpyxl.utils import get_column_letter

    return _said(
        [get_column_letter(column) for column in sorted(columns)],
        "The sheet hides column{s} {names} with content, left out as the published page leaves "
        "them out: show them if they are of the people.",
    )


def hidden_tabs_notice(titles: Sequence[str]) -> tuple[str, ...]:
    """What is said of hidden tabs that may list people."""
    return _said(
        list(map(quoted, titles)),
        "The sheet hides tab{s} {names}, left out as the published page leaves them out: show them "
        "if they are of the people.",
    )


def comment_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of links in the comments on ``cells``, such as B2."""
    return _said(
        cells,
        "The sheet has links in the comments on {names}, left out as the published page leaves "
        "them out: put them into cells if they are of the people.",
    )


def picture_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of pictures and players in ``cells``: they are neither text nor link."""
    return _said(
        cells,
        "The sheet shows pictures or players in cell{s} {names}, which are neither text nor link "
        "and left out: put their addresses into cells as text.",
    )


def shape_notice(links: Sequence[str]) -> tuple[str, ...]:
    """What is said of the ``links`` on pictures and shapes that lie over the cells."""
    return _said(
        list(map(harmless, links)),
        "The sheet has links on pictures or shapes that lie over its cells and are in none, left "
        "out: {names}; put them into cells as text.",
    )


def uncomputed_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of formulas that stand in the file without what they come to."""
    return _said(
        cells,
        "The sheet has formulas in cell{s} {names} that no program has computed, so they were read "
        "as empty: open it in a spreadsheet program and save it.",
    )


def unclear_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of the links that formulas put together in ways that can't be told."""
    return _said(
        cells,
        "The sheet has formulas in cell{s} {names} that put a link together, and where it leads "
        "can't be told: paste those links as text.",
    )


def merged_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of cells that are merged over the rows of several people."""
    return _said(
        cells,
        "The sheet has cells merged over several rows, {names}: what they say was read for the "
        "first of these rows alone. If it holds for all, unmerge and repeat it.",
    )


def other_address_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of e-mail cells whose link leads to an address that they do not show."""
    return _said(
        cells,
        "The sheet shows another e-mail in cell{s} {names} than the link behind it leads to, as a "
        "chip of a person may; what it shows is read: write the right address as text.",
    )


def _said(named: Sequence[str], sentence: str) -> tuple[str, ...]:
    """``sentence`` with the first of those ``named`` in it; nothing where there are none."""
    if not named:
        return ()
    return (sentence.format(names=some_of(named, SHOWN), s="s"[: len(named) > 1]),)
