"""Cells that a spreadsheet would run as formulas, guarded so that the guard can be taken off again.

Where a cell, a line in it, or a part after one of ``; tab |`` (a program that takes another
separator makes a cell of it; so it does after a comma where another sign parts the file's cells)
starts with one of ``= + - @``, full-width and small ones too, after white space, what takes no
room, quotes and apostrophes, it gets one apostrophe more. So ``-`` becomes ``'-``, ``'-`` becomes
``''-``, and no two cells become the same. A file whose first header cell starts with an apostrophe
is guarded throughout.
"""

import re
from functools import cache

from rowkeeper.core.text import INVISIBLE

MARK = "'"
_LINES = r"\r\n\v\f\x85\u2028\u2029"
_UNSEEN = rf"[\x00-\x08\x0e-\x1b\x7f{INVISIBLE}]"
_PASSED = rf"((?:[^\S{_LINES}\t]|\"|{_UNSEEN})*)"
_RISKY = r"(?=[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])"
_CONTROL = re.compile(r"'*[\t\r]")
"""A cell may not begin with these either."""


def guard(cell: str, delimiter: str = ",") -> str:
    """``cell`` of a file with that separator, as a spreadsheet may open it."""
    guarded = _bare(delimiter).sub(rf"\1\2{MARK}\3", cell)
    return MARK + guarded if _CONTROL.match(cell) else guarded


def unguard(cell: str, delimiter: str = ",") -> str:
    """The cell that ``guard`` made ``cell`` of."""
    if cell.startswith(MARK) and _CONTROL.match(cell):
        cell = cell[1:]
    return _guarded(delimiter).sub(r"\1\2\3", cell)


@cache
def _bare(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"{_starts(delimiter)}{_PASSED}('*){_RISKY}")


@cache
def _guarded(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"{_starts(delimiter)}{_PASSED}'('*){_RISKY}")


def _starts(delimiter: str) -> str:
    """What a cell, a line or a part may begin after."""
    comma = "" if delimiter == "," else ","
    return rf"(^|[{_LINES};\t|{comma}])"


def is_marked(first_header_cell: str) -> bool:
    """Whether a file with this first header cell is guarded."""
    return first_header_cell.startswith(MARK)
