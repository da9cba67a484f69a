"""E-mail addresses that stand behind what a cell shows."""

from collections.abc import Iterator
from urllib.parse import unquote

from loaders.columns import Columns
from loaders.grid import Cell, Line, Tab
from loaders.left_out import cell_name, other_address_notice

_SCHEME = "mailto:"


def other_addresses(tab: Tab, head: Line, columns: Columns) -> tuple[str, ...]:
    """What is said of e-mail cells below the titles that show another address than their links,
    or none: a person's chip shows a name, and a link stays as it was when a text is mended."""
    return other_address_notice(
        [
            cell_name(place + 1, line.number)
            for line in tab.lines
            if line.number > head.number
            for place in columns.places.get("email", ())
            if place < len(line.cells) and _shows_another(line.cells[place])
        ]
    )


def _shows_another(cell: Cell) -> bool:
    shown = cell.text.casefold()
    return any(address not in shown for address in _addresses(cell))


def _addresses(cell: Cell) -> Iterator[str]:
    """The addresses that the links of ``cell`` lead to, in lower case."""
    for link in cell.links:
        if link[: len(_SCHEME)].casefold() == _SCHEME:
            address = unquote(link[len(_SCHEME) :].partition("?")[0])
            yield from filter(None, (one.strip().casefold() for one in address.split(",")))
