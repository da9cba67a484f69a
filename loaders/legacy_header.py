"""The header of a legacy CSV: which columns it and its records have, or why it can't be read."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from loaders.index_column import ROW_ID
from loaders.text_files import titles_in_one_cell
from rowkeeper.core.csv.layout import header_layout
from rowkeeper.core.csv.legacy import COLUMNS, GENERATIONS, PERSON
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import quoted, some_of, trimmed

Layout = tuple[str, ...]
SHOWN = 10  # columns that a sentence names


def count_known(cells: Sequence[str], columns: Mapping[str, str]) -> int:
    """How many of ``cells`` are titles that are known."""
    return sum(map(bool, header_layout(cells, columns)))


def read_header(path: Path, line: int, cells: Sequence[str], columns: Mapping[str, str]) -> Layout:
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


def row_layout(cells: tuple[str, ...], header: Layout) -> Layout | None:
    """The columns of a record below ``header``: the header's, else those of its own width.

    Another generation's row that was appended to the file starts with a row id; that tells it from
    a row that lost or gained a cell, as does a header that has the columns of a person in the same
    order. A blank before a quote shows one whose cell was taken apart (``1, "Ash, Ann"``), and so
    does an e-mail address beside its own column. A second id shows that the first number is an
    index. None for a record that fits no layout; blank lines fit all.
    """
    if len(cells) == len(header) or not cells:
        return header
    other = GENERATIONS.get(len(cells))
    taken_apart = any(cell.startswith(" ") and cell.lstrip().startswith('"') for cell in cells)
    if other is None or other[0] != "row_id" or taken_apart or _is_shifted(cells, other):
        return None
    if _of_person(header) != _of_person(other):
        return None
    first, second = (ROW_ID.fullmatch(trimmed(cell)) for cell in cells[:2])
    return other if first and not second else None


def _is_shifted(cells: tuple[str, ...], layout: Layout) -> bool:
    """Whether the name or the type has the sign of an e-mail address, which the e-mail has not."""
    named = dict(zip(layout, cells, strict=True))
    return "@" not in named["email"] and "@" in named["name"] + named["type"]


def _of_person(layout: Layout) -> list[str]:
    """The columns of a person in their order; generations are alike but for the row id."""
    return [name for name in layout if name in PERSON[1:]]


def _mend(column: str) -> str:
    title = {"row_id": "Code", "name": "Full name"}.get(column, "Title")
    return f'say in legacy_csv.columns what the file calls it, such as {{{column} = "{title}"}}'
