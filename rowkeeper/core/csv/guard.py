"""Cells that a spreadsheet would run as formulas, guarded so that the guard can be taken off again.

Where a cell, a line in it, or a part after one of ``; tab |`` (a program that takes another
separator makes a cell of it) starts with one of ``= + - @``, full-width ones too, after white
space and apostrophes, it gets one apostrophe more. So ``-`` becomes ``'-`` and ``'-`` becomes
``''-``, and no two cells become the same. A file whose first header cell starts with an apostrophe
is guarded throughout.
"""

import re

MARK = "'"
_BEFORE = r"(^|[\r\n\v\f\x85\u2028\u2029;\t|])([^\S\r\n\v\f\x85\u2028\u2029\t]*)"
_RISKY = r"(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
_BARE = re.compile(rf"{_BEFORE}('*){_RISKY}")
_GUARDED = re.compile(rf"{_BEFORE}'('*){_RISKY}")
_CONTROL = re.compile(r"'*[\t\r]")
"""A cell may not begin with these either."""


def guard(cell: str) -> str:
    """``cell`` as a spreadsheet may open it."""
    guarded = _BARE.sub(rf"\1\2{MARK}\3", cell)
    return MARK + guarded if _CONTROL.match(cell) else guarded


def unguard(cell: str) -> str:
    """The cell that ``guard`` made ``cell`` of."""
    if cell.startswith(MARK) and _CONTROL.match(cell):
        cell = cell[1:]
    return _GUARDED.sub(r"\1\2\3", cell)


def is_marked(first_header_cell: str) -> bool:
    """Whether a file with this first header cell is guarded."""
    return first_header_cell.startswith(MARK)
