"""The header of a legacy CSV: which columns it names, or why it can't be read."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from loaders.text_files import titles_in_one_cell
from rowkeeper.core.csv.layout import header_layout
from rowkeeper.core.csv.legacy import COLUMNS, GENERATIONS
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import quoted, some_of

SHOWN = 10  # columns that a sentence names


def count_known(cells: Sequence[str], columns: Mapping[str, str]) -> int:
    """How many of ``cells`` are titles that are known."""
    return sum(map(bool, header_layout(cells, columns)))


def read_header(
    path: Path, line: int, cells: Sequence[str], columns: Mapping[str, str]
) -> tuple[str, ...]:
    """The columns that a header names, in any order and number; '' for one that nobody knows.

    Raises ``InputError`` where they tell no person apart.
    """
    layout = header_layout(cells, columns)
    names = [name for name in layout if name]
    seen = some_of(list(map(quoted, cells)), SHOWN) or "none"
    where = f"The legacy CSV {path} has on line {line} the titles {seen}"
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"{where}, of which several are {twice[0]}, it stands twice: {_mend(twice[0])}, "
            "or remove one."
        )
    nameless = "name" not in names
    without_ids = all(layout) and set(GENERATIONS[7]) <= set(names)  # a generation that had none
    if nameless or ("row_id" not in names and not without_ids):
        lacking = "name" if nameless else "row_id"
        if doubt := titles_in_one_cell(cells, partial(count_known, columns=columns)):
            raise InputError(f"{where}, {doubt}.")
        raise InputError(
            f"{where}, and none of them is {lacking}: {_mend(lacking)} "
            f"(known: {', '.join(COLUMNS)})."
        )
    return layout


def _mend(column: str) -> str:
    title = {"row_id": "Code", "name": "Full name"}.get(column, "Title")
    return f'say in legacy_csv.columns what the file calls it, such as {{{column} = "{title}"}}'
