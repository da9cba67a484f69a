"""What the columns of a sheet hold: known by their titles, or by what the settings say of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loaders.grid import Cell
from loaders.names import NAME_PARTS, OPTIONAL, joined_name, name_places, told_apart
from rowkeeper.core.errors import InputError, UsageError
from rowkeeper.core.identity import made_id_key
from rowkeeper.core.text import harmless, quoted, sha256, to_json, trimmed
from rowkeeper.core.titles import (
    column_name,
    has_swapped_letters,
    is_same_title,
    nearest_title,
    numbered_column,
    sheet_column,
)

COLUMNS = ("row_id", "name", "email", "type", "status", "notes")
"""The columns whose text raw holds by name."""
KNOWN = (*COLUMNS, *NAME_PARTS, "link")
JOINED = ("name", "link")
"""Columns for which the settings may name several titles."""
HASH_LENGTH = 16
LONGEST_TITLE = 200
SHOWN = 20  # titles that an error names
OF_PERSON = (*COLUMNS[:4], *NAME_PARTS)
SLIP, SLIP_IN_WORDS = 0.8, 0.85
"""How near ours a word, and several words, come by a letter too many or in the wrong place."""
_ONE_WORD = re.compile(r"\w+")
ROW_ID = (
    'name its title in sheet.columns, such as {row_id = "Code"}, or have ids made of other columns '
    'by sheet.row_id, such as "email"'
)
Titles = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class WantedColumns:
    """What the settings say of the columns. ``titles``: column -> its titles in this sheet; keys
    that are no column of ours name columns of content. ``row_id``: the columns that make a row id,
    by our name or their title."""

    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    row_id: tuple[str, ...] = ()

    @classmethod
    def of(cls, columns: Titles | None = None, row_id: Sequence[str] = ()) -> "WantedColumns":
        """Raises ``UsageError`` for a column that is nearly one of ours."""
        titles: dict[str, tuple[str, ...]] = {}
        for given, values in (columns or {}).items():
            name = _our_name(given)
            given_titles = (values,) if isinstance(values, str) else tuple(values)
            given_titles = tuple(dict.fromkeys((*titles.get(name, ()), *given_titles)))
            if len(given_titles) > 1 and name in COLUMNS and name not in JOINED:
                raise UsageError(f"sheet.columns names several titles for {given}: say one.")
            titles[name] = given_titles
        return cls(titles, tuple(row_id))

    def __bool__(self) -> bool:
        return bool(self.titles or self.row_id)


def _our_name(given: str) -> str:
    """Our column that a key of ``sheet.columns`` means, else the key: a column of content.

    Raises ``UsageError`` for what is ours but for a slip. Where another word or a number tells it
    from ours, as in 'First video' and 'Link 2', nobody meant ours.
    """
    if same := next((known for known in KNOWN if is_same_title(known, given)), None):
        return same
    usual = sheet_column(given)
    if usual and (usual in OF_PERSON or nearest_title(given, [usual])):
        return usual
    cutoff = SLIP if _ONE_WORD.fullmatch(given.strip()) else SLIP_IN_WORDS
    swapped = next((known for known in KNOWN if has_swapped_letters(given, known)), None)
    slip = swapped or nearest_title(given, list(KNOWN), cutoff)
    if slip and not any(map(str.isdigit, given)):
        raise UsageError(f"Unknown column {quoted(given)} in sheet.columns: say {slip}.")
    return given


NOTHING_SAID = WantedColumns()


@dataclass(frozen=True)
class Columns:
    """The columns of one sheet.

    ``places``: column -> the places of its cells in a row, from 0. ``row_id_from``: what a row id
    is made of, our columns by name and others by place; empty where ``places`` has it. ``missing``:
    settings and the titles that they name and the sheet lacks.
    """

    titles: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]]
    row_id_from: tuple[str | int, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def has_name(self) -> bool:
        return "name" in self.places

    @property
    def read_places(self) -> frozenset[int]:
        """The places of all cells that are read as one of ours."""
        return frozenset(place for places in self.places.values() for place in places)

    def labels(self, width: int) -> list[str]:
        return [*self.titles, *[""] * (width - len(self.titles))][:width]

    def names(self, width: int) -> list[str]:
        """A name for each column: ours, else its title in lower case, else its number from 1."""
        ours: dict[int, str] = {}
        for name, places in self.places.items():
            ours.setdefault(places[0], name)
        names: list[str] = []
        for i, label in enumerate(self.labels(width)):
            name = ours.get(i) or column_name(label)
            taken = name in names or (i not in ours and (name in COLUMNS or name in self.places))
            names.append(numbered_column(i + 1, names) if taken or not name else name)
        return names

    def values(self, cells: Sequence[Cell]) -> dict[str, str | None]:
        """The text of each of our columns, None for one that the sheet lacks."""
        values: dict[str, str | None] = dict.fromkeys(COLUMNS)
        for name in COLUMNS:
            texts = [cells[place].text for place in self.places.get(name, ())]
            if texts:
                values[name] = texts[0]
        if self.has_name:
            values["name"] = self._name(cells, self.places["name"])
        if self.row_id_from:
            parts = [self._in_row_id(part, cells, values) for part in self.row_id_from]
            values["row_id"] = made_row_id(parts, is_email=self.row_id_from == ("email",))
        return values

    def are_titles(self, texts: Sequence[str]) -> bool:
        """Whether a row says the titles again: of each column that is read, and two at least; in
        other words for them, three."""
        read = self.read_places
        pairs = [(self.titles[at], texts[at]) for at in read if trimmed(self.titles[at])]
        if all(is_same_title(title, text) for title, text in pairs):
            return len(pairs) > 1
        return len(pairs) > 2 and all(
            sheet_column(title) is not None and sheet_column(title) == sheet_column(text)
            for title, text in pairs
        )

    def _optional(self) -> set[int]:
        return {place for part in OPTIONAL for place in self.places.get(part, ())}

    def _name(self, cells: Sequence[Cell], places: Sequence[int]) -> str:
        optional = self._optional()
        texts = [cells[place].text for place in places]
        return joined_name(texts, [at for at, place in enumerate(places) if place in optional])

    def _in_row_id(
        self, part: str | int, cells: Sequence[Cell], values: Mapping[str, str | None]
    ) -> str:
        """A text that a row id is made of: of a name without the parts that once were unknown, or
        ids that are in use would change."""
        if isinstance(part, int):
            return cells[part].text
        if part != "name":
            return values[part] or ""
        return self._name(
            cells, [place for place in self.places["name"] if place not in self._optional()]
        )


def made_row_id(parts: Sequence[str], *, is_email: bool = False) -> str:
    """A row id of the texts that ``sheet.row_id`` names; '' where all are blank.

    One text is the id itself, an e-mail without case; several are hashed, without white space and
    case, so that no personal data stands in file names.
    """
    if not any(trimmed(part) for part in parts):
        return ""
    if len(parts) > 1:
        return f"h{sha256(to_json([made_id_key(part) for part in parts]))[:HASH_LENGTH]}"
    return made_id_key(parts[0]) if is_email else trimmed(parts[0])


def is_title(text: str, wanted: WantedColumns) -> bool:
    """Whether a cell may be the title of a column with names."""
    if len(text) > LONGEST_TITLE:
        return False
    own = wanted.titles.get("name")
    return any(is_same_title(text, title) for title in own or ()) or (
        own is None and sheet_column(text) in ("name", *NAME_PARTS)
    )


def count_known(cells: Sequence[str], wanted: WantedColumns) -> int:
    """How many of ``cells`` are titles that are known."""
    own = [title for asked in wanted.titles.values() for title in asked] + list(wanted.row_id)
    short = [cell for cell in cells[:LONGEST_TITLE] if len(cell) <= LONGEST_TITLE]
    return sum(
        sheet_column(cell) is not None or any(is_same_title(cell, title) for title in own)
        for cell in short
    )


def read_titles(titles: Sequence[str], wanted: WantedColumns) -> Columns:
    """The columns that ``titles`` name. Nothing is raised for those that are missing."""
    candidates: dict[str, list[int]] = {}
    taken = _own_places(titles, wanted)
    own = {place for places in taken.values() for place in places}
    for place, title in enumerate(titles):
        column = sheet_column(title)
        if column and column not in wanted.titles and place not in own:
            candidates.setdefault(column, []).append(place)
    told_apart(titles, candidates)
    places: dict[str, tuple[int, ...]] = {column: (held[0],) for column, held in candidates.items()}
    places |= {column: tuple(held) for column, held in taken.items() if held}
    if "name" not in taken:
        places |= name_places(titles, places)
    if "row_id" not in places and titles and not trimmed(titles[0]) and len(titles) > 1:
        places["row_id"] = (0,)
    made, lost = _row_id_parts(titles, places, wanted.row_id)
    unseen = [
        ("sheet.columns", title)
        for asked in wanted.titles.values()
        for title in asked
        if _place(title, titles) is None
    ]
    ordered = {name: places[name] for name in (*KNOWN, *places) if name in places}
    missing = (*unseen, *(("sheet.row_id", title) for title in lost))
    return Columns(tuple(titles), ordered, made, missing)


def _own_places(titles: Sequence[str], wanted: WantedColumns) -> dict[str, list[int]]:
    """Where the titles stand that the settings name, by column."""
    return {
        column: [place for title in asked if (place := _place(title, titles)) is not None]
        for column, asked in wanted.titles.items()
    }


def _place(title: str, titles: Sequence[str]) -> int | None:
    """Where ``title`` stands, to the letter if it does, else but for case and marks."""
    exact = [place for place, shown in enumerate(titles) if trimmed(shown) == trimmed(title)]
    near = [place for place, shown in enumerate(titles) if is_same_title(title, shown)]
    return next(iter([*exact, *near]), None)


def _row_id_parts(
    titles: Sequence[str], places: Mapping[str, tuple[int, ...]], asked: Sequence[str]
) -> tuple[tuple[str | int, ...], list[str]]:
    """What ``sheet.row_id`` asks for: our columns by name, others by place; and what is not there.

    A title to the letter goes before our name for another column.
    """
    parts: list[str | int] = []
    lost = []
    for given in asked:
        place = _place(given, titles)
        at_place = [known for known in COLUMNS if places.get(known) == (place,)]
        named = [known for known in COLUMNS if known in places and is_same_title(known, given)]
        if column := next(iter(at_place if place is not None else named), None):
            parts.append(column)
        elif place is not None:
            parts.append(place)
        else:
            lost.append(given)
    return tuple(parts), lost


def check_columns(place: str, row: int, columns: Columns) -> None:
    """Raises ``InputError`` for a title that the settings name and ``row`` of ``place`` lacks, and
    for a sheet without row ids; it shows the titles as they stand."""
    shown = shown_titles(columns.titles)
    for setting, title in columns.missing:
        near = nearest_title(title, [text for text in columns.titles if trimmed(text)])
        hint = f"did you mean {quoted(near)}? Mend {setting}" if near else f"mend {setting}"
        raise InputError(
            f"{place} has no column {quoted(title)}, which {setting} names (row {row} shows "
            f"{shown}): {hint}."
        )
    if "row_id" not in columns.places and not columns.row_id_from:
        raise InputError(f"{place} has no column of row ids (row {row} shows {shown}): {ROW_ID}.")


def shown_titles(titles: Sequence[str]) -> str:
    """Titles as they may stand in a sentence."""
    shown = [quoted(title) for title in titles if harmless(title)]
    more = [f"and {len(shown) - SHOWN} more"] if len(shown) > SHOWN else []
    return ", ".join(shown[:SHOWN] + more) or "no titles"
