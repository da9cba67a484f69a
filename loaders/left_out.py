"""What is said of what stands in a sheet and comes into no table: in words, with the remedy."""

from collections.abc import Iterable, Sequence

from rowkeeper.core.text import harmless, quoted, some_of

SHOWN = 20  # columns or cells that a notice names


def cell_name(column: int, row: int) -> str:
    """The name of a cell, such as B2, given its numbers from 1."""
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column)}{row}"


def hidden_notice(columns: Iterable[int]) -> tuple[str, ...]:
    """What is said of hidden columns with content, given their numbers from 1."""
    named = [cell_name(column, 0)[:-1] for column in sorted(set(columns))]
    if not named:
        return ()
    return (
        f"The sheet hides column{_s(named)} {some_of(named, SHOWN)} with content, "
        "left out as the published page leaves them out: show them if they are of the people.",
    )


def hidden_tabs_notice(titles: Sequence[str]) -> tuple[str, ...]:
    """What is said of hidden tabs that may list people."""
    named = [quoted(title) for title in titles]
    if not named:
        return ()
    return (
        f"The sheet hides tab{_s(named)} {some_of(named, SHOWN)}, left out as the published page "
        "leaves them out: show them if they are of the people.",
    )


def comment_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of links in the comments on ``cells``, such as B2."""
    if not cells:
        return ()
    return (
        f"The sheet has links in the comments on {some_of(cells, SHOWN)}, left out as the "
        "published page leaves them out: put them into cells if they are of the people.",
    )


def picture_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of pictures and players in ``cells``: they are neither text nor link."""
    if not cells:
        return ()
    return (
        f"The sheet shows pictures or players in cell{_s(cells)} {some_of(cells, SHOWN)}, which "
        "are neither text nor link and left out: put their addresses into cells as text.",
    )


def shape_notice(links: Sequence[str]) -> tuple[str, ...]:
    """What is said of the ``links`` on pictures and shapes that lie over the cells."""
    if not links:
        return ()
    return (
        f"The sheet has links on pictures or shapes that lie over its cells and are in none, left "
        f"out: {some_of([harmless(link) for link in links], SHOWN)}; put them into cells as text.",
    )


def uncomputed_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of formulas that stand in the file without what they come to."""
    if not cells:
        return ()
    return (
        f"The sheet has formulas in cell{_s(cells)} {some_of(cells, SHOWN)} that no program has "
        "computed, so they were read as empty: open it in a spreadsheet program and save it.",
    )


def merged_notice(cells: Sequence[str]) -> tuple[str, ...]:
    """What is said of cells that are merged over the rows of several people."""
    if not cells:
        return ()
    return (
        f"The sheet has cells merged over several rows, {some_of(cells, SHOWN)}: what they say was "
        "read for the first of these rows alone. If it holds for all, unmerge and repeat it.",
    )


def _s(named: Sequence[str]) -> str:
    return "s"[: len(named) > 1]
