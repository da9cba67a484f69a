"""The parts of an XLSX, looked through before a library spreads them over memory."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from loaders.bounds import Bounds
from rowkeeper.core.errors import InputError

Place = tuple[int, int]
"""Row and column of a cell, from 1."""


@dataclass(frozen=True)
class WorkbookPart:
    """What a part has. ``formulas``: those that hold a link. ``uncomputed``: the places of all
    formulas without what they come to."""

    formulas: dict[Place, str] = field(default_factory=dict)
    uncomputed: set[Place] = field(default_factory=set)


@dataclass(frozen=True)
class Parts:
    """The parts of a workbook by name, and the ``links`` on pictures and shapes over its cells."""

    by_name: dict[str, WorkbookPart] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


CHUNK = 1 << 20
ELEMENTS_A_CELL = 4
MANY_PARTS = 10_000
MANY_OTHERS = 100_000
"""Elements that are no cells, such as formats: the library takes a KiB for some."""
MANY_RANGES = 10_000
"""Merged cells and ranges: the library holds each to all others."""
_CELLS = frozenset(
    [
        *("row", "c", "v", "f", "is", "t", "si", "r", "rPr", "rPh", "phoneticPr"),
        *("b", "i", "u", "strike", "sz", "color", "rFont", "family", "scheme", "charset"),
        *("vertAlign", "hyperlink", "Relationship", "comment", "text"),
    ]
)
"""What there may be of each cell: values, rich text, links, comments."""
_MAY_LINK = re.compile(r'"[^"]*[.:/]|HYPERLINK\(', re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<")
"""How a part begins that may be a sheet under any name; some others are no whole XML."""
_PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


def look_through(where: str, archive: zipfile.ZipFile, bounds: Bounds) -> Parts:
    """The formulas by part.

    Raises ``InputError`` where the parts unpack to more than ``bounds`` allow, where merged cells
    or links cover more, or where a part declares entities; and what zip and XML raise.
    """
    parts = archive.infolist()
    bounds.check_bytes(f"{where}, unpacked,", sum(part.file_size for part in parts))
    bounds.check_cells(where, len(parts) * (bounds.max_cells // MANY_PARTS))
    look = _Look(where, bounds)
    seen = Parts()
    for part in parts:
        is_named = part.filename.endswith((".xml", ".rels"))
        with archive.open(part) as file:
            chunk = file.read(CHUNK)
            if not (is_named or _XML.match(chunk)):
                continue
            look.begin()
            parser = etree.XMLParser(
                target=look, resolve_entities=False, no_network=True, recover=not is_named
            )
            while chunk:
                parser.feed(chunk)
                chunk = file.read(CHUNK)
        parser.close()
        seen.by_name[part.filename] = look.part
        if part.filename.startswith("xl/drawings/"):
            seen.links.extend(look.links)
    return seen


class _Look:
    """What the parser tells of the parts: the cells counted, the formulas with links kept."""

    def __init__(self, where: str, bounds: Bounds) -> None:
        self.where, self.bounds = where, bounds
        self.elements = self.cells = self.others = self.ranges = 0
        self.begin()

    def begin(self) -> None:
        """A new part begins."""
        self.part = WorkbookPart()
        self.links: list[str] = []
        self._is_unknown = self._is_value = False
        self._shared: dict[str, tuple[str, int, int]] = {}
        self._is_text = False
        self._row = self._column = 0
        self._formula: list[str] | None = None
        self._shared_as = ""

    def start(self, tag: Any, attributes: Mapping[Any, Any]) -> None:
        self.elements += 1
        if self.elements > self.bounds.max_cells * ELEMENTS_A_CELL:
            raise self.bounds.refusal(self.where, "cells")
        name = tag.rpartition("}")[2]
        self._hold(name, attributes)
        if name == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
        elif name == "c":
            self._count(1)
            place = attributes.get("r")
            self._row, self._column = place_of(place) if place else (self._row, self._column + 1)
            self._is_unknown, self._is_text = False, attributes.get("t") == "str"
        elif name == "f":
            self._formula, self._shared_as = [], attributes.get("si", "")
            self._is_unknown = not self._is_text  # an empty text is a result, too
        elif name == "v":
            self._is_value = True
        elif name == "Relationship" and attributes.get("Type", "").endswith("/hyperlink"):
            target = attributes.get("Target", "")
            self.links += [target] if target.partition("#")[0] else []  # else a place in the file
        elif name in ("mergeCell", "hyperlink") and ":" in attributes.get("ref", ""):
            self._count(_area(attributes["ref"]))

    def _hold(self, name: str, attributes: Mapping[Any, Any]) -> None:
        """Count what is no cell. Raises ``InputError`` for more than any sheet of people has."""
        self.others += name not in _CELLS
        self.ranges += name == "mergeCell" or len(attributes.get("sqref", "").split())
        if self.others > MANY_OTHERS or self.ranges > MANY_RANGES:
            raise InputError(
                f"{self.where} has too many formats, rules or merged cells to be read: paste its "
                "values into a new sheet."
            )

    def data(self, data: Any) -> None:
        if self._formula is not None:
            self._formula.append(data)
        if self._is_value:
            self._is_unknown = False

    def end(self, tag: Any) -> None:
        name = tag.rpartition("}")[2]
        if name == "v":
            self._is_value = False
        elif name == "c" and self._is_unknown:
            self.part.uncomputed.add((self._row, self._column))
        elif name == "f" and self._formula is not None:
            self._keep("".join(self._formula))
            self._formula = None

    def _keep(self, text: str) -> None:
        """Keep a formula if it holds a link."""
        if self._shared_as:  # a formula that several cells share stands in the first of them
            first = self._shared.setdefault(self._shared_as, (text, self._row, self._column))
            text = first[0]
        if _MAY_LINK.search(text):
            here = (self._row, self._column)
            self.part.formulas[here] = (
                _moved(f"={text}", first[1:], here) if self._shared_as else f"={text}"
            )

    def comment(self, data: Any) -> None:
        pass

    def doctype(self, *_: Any) -> None:
        raise InputError(f"{self.where} declares a document type, as no XLSX does: save it again.")

    def close(self) -> None:
        pass

    def _count(self, cells: int) -> None:
        self.cells += cells
        self.bounds.check_cells(self.where, self.cells)


def _moved(formula: str, first: tuple[int, int], here: tuple[int, int]) -> str:
    """``formula`` with the cells that it means in another place; as it is where that can't be."""
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.formula.translate import Translator, TranslatorError
    from openpyxl.utils import get_column_letter

    if first == here:
        return formula
    names = [f"{get_column_letter(column)}{row}" for row, column in (first, here)]
    try:
        return str(Translator(formula, origin=names[0]).translate_formula(names[1]))
    except (TokenizerError, TranslatorError, IndexError):
        return f'{formula}&INDIRECT("")'  # whose links can't be told


def place_of(text: str) -> tuple[int, int]:
    """Row and column, from 1, of a cell such as ``B3``. Raises ``ValueError``."""
    if (match := _PLACE.fullmatch(text)) is None:
        raise ValueError(text)
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _area(text: str) -> int:
    """How many cells a range such as ``A1:C9`` covers; of whole rows or columns, too many."""
    corners = [_PLACE.fullmatch(corner) for corner in text.split(":")]
    if None in corners or len(corners) != 2:
        return 1 << 34
    (top, left), (bottom, right) = (place_of(corner) for corner in text.split(":"))
    return (abs(bottom - top) + 1) * (abs(right - left) + 1)
