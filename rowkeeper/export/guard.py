"""Cells that a spreadsheet would run as formulas, guarded so that the guard can be taken off again.

A cell that starts with one of ``= + - @ tab CR``, after any apostrophes, gets one apostrophe more.
So ``-`` becomes ``'-`` and ``'-`` becomes ``''-``, and no two cells become the same. A file whose
first header cell starts with an apostrophe is guarded throughout.
"""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r]")
MARK = "'"


def guard(cell: str) -> str:
    """``cell`` as a spreadsheet may open it."""
    return MARK + cell if _RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """The cell that ``guard`` made ``cell`` of."""
    return cell[1:] if cell.startswith(MARK) and _RISKY.match(cell) else cell


def is_marked(first_header_cell: str) -> bool:
    """Whether a file with this first header cell is guarded."""
    return first_header_cell.startswith(MARK)
