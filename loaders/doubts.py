"""What is said of columns that may mean what nobody read them as: in words, with the setting."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from loaders.columns import OF_PERSON, SHOWN, Columns, WantedColumns
from loaders.names import NAME_PARTS
from rowkeeper.core.identity import compare_key
from rowkeeper.core.text import harmless, quoted, some_of, trimmed
from rowkeeper.core.titles import HALF_NAMES, SHEET_TITLES, sheet_column, title_key

LONGEST_EMAIL, LONGEST_NAME, LONGEST_TYPE = 320, 60, 40
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NAME = re.compile(r"[^\W\d_][^\d_@:/]*")
_TYPE = re.compile(r"(?=.*[^\W\d_])[^@:]*")
_ID_ALONE = re.compile(
    r"(?<![^\s,;|])(?=[\w-]*[a-z])(?=(?:[\w-]*[A-Z]){2})(?=[\w-]*\d|(?:[\w-]*[A-Z]){3})"
    r"(?:[\w-]{11}|[01][\w-]{24,43})(?![^\s,;|])",
    re.ASCII,
)
"""What looks like the id of a video or a file, without an address around it."""
_NAME_WORDS = HALF_NAMES | {
    title_key(word) for part in ("first_name", "last_name") for word in SHEET_TITLES[part]
}
_OTHER_NAMES = re.compile(
    r"user|file|nick|screen|channel|company|organi[sz]ation|firm|team|school|maiden|preferred",
    re.IGNORECASE,
)
"""Before 'name' in what names no person, or one in other words."""


def doubts(
    place: str, columns: Columns, wanted: WantedColumns, rows: Sequence[Sequence[str]]
) -> Iterator[str]:
    """What is said of the columns of ``place``, given the texts below their titles."""
    below = list(zip_longest(*rows, fillvalue="")) if rows else []
    yield from _doubles(place, columns, wanted, below)
    yield from _parts_of_names(place, columns, wanted, below)
    if title := unknown_emails(columns, rows):
        yield (
            f"{place} has e-mail addresses in column {quoted(title)}, which nobody knows: "
            f'if they are of the people, set sheet.columns = {{email = "{harmless(title)}"}}.'
        )
    yield from _ids_alone(place, columns, below)
    if likely := _likely_types(columns, wanted, below):
        named = some_of([quoted(title) for title in likely], SHOWN)
        yield (
            f"{place} has no column of types that anybody knows, so nobody has one: if {named} has "
            f'them, set sheet.columns = {{type = "{harmless(likely[0])}"}}.'
        )


def _ids_alone(place: str, columns: Columns, below: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells with ids of videos or files that stand there without an address."""
    of_person = {at for name in OF_PERSON for at in columns.places.get(name, ())}
    for at, texts in enumerate(below):
        if at in of_person or not (cells := [text for text in texts if _ID_ALONE.search(text)]):
            continue
        many = f"{len(cells)} cells" if len(cells) > 1 else "a cell"
        yield (
            f"{place} has in {many} of column {_shown(columns, at)} what may be ids of videos or "
            "files without an address, for which nothing is fetched: write whole addresses."
        )


def _shown(columns: Columns, at: int) -> str:
    """A column as a sentence names it: by its title, else by its number."""
    title = columns.titles[at] if at < len(columns.titles) else ""
    return quoted(title) if harmless(title) else str(at + 1)


def _doubles(
    place: str, columns: Columns, wanted: WantedColumns, below: Sequence[Sequence[str]]
) -> Iterator[str]:
    """Columns whose titles mean one that is read already, and that say something else."""
    for at, title in enumerate(columns.titles[: len(below)]):
        name = sheet_column(title)
        if name not in OF_PERSON or name in wanted.titles or name not in columns.places:
            continue
        read = columns.places[name][0]
        if at in columns.read_places or not _differ(below[read], below[at]):
            continue
        yield (
            f"{place} has two columns for {name}: {_shown(columns, read)} (column {read + 1}) is "
            f"read, {quoted(title)} (column {at + 1}) is not; say with sheet.columns = "
            f"{{{name} = …}} which is meant."
        )


def _differ(read: Sequence[str], other: Sequence[str]) -> bool:
    return any(
        compare_key(text) not in ("", compare_key(mine))
        for mine, text in zip(read, other, strict=True)
    )


def _parts_of_names(
    place: str, columns: Columns, wanted: WantedColumns, below: Sequence[Sequence[str]]
) -> Iterator[str]:
    """Columns that nobody knows between or beside the parts of a name, and that look like one."""
    name = columns.places.get("name", ())
    parts = {at for part in NAME_PARTS for at in columns.places.get(part, ())}
    if not parts & set(name) or any(part in wanted.titles for part in ("name", *NAME_PARTS)):
        return
    for at in range(max(min(name) - 1, 0), min(max(name) + 2, len(columns.titles), len(below))):
        title = columns.titles[at]
        between = min(name) < at < max(name)
        if at in columns.read_places or sheet_column(title) or not harmless(title):
            continue
        if (between or _names_a_name(title)) and _mostly(below[at], _NAME, LONGEST_NAME):
            whole = ", ".join(f'"{harmless(columns.titles[one])}"' for one in sorted({*name, at}))
            yield (
                f"{place} has {quoted(title)} beside the parts of a name, and nobody knows it, so "
                f"it is in no name: if it belongs there, set sheet.columns = {{name = [{whole}]}}."
            )


def _names_a_name(title: str) -> bool:
    keys = [title_key(word) for word in re.findall(r"\w+", title)]
    ends = tuple(word for word in HALF_NAMES if len(word) > 3)
    return not _OTHER_NAMES.search(title) and any(
        key in _NAME_WORDS or key.endswith(ends) for key in keys
    )


def _mostly(texts: Iterable[str], pattern: re.Pattern[str], longest: int) -> bool:
    """Whether more than half of the cells that say something look like ``pattern``."""
    filled = [text for cell in texts if (text := trimmed(cell))]
    return 2 * sum(len(t) <= longest and bool(pattern.fullmatch(t)) for t in filled) > len(filled)


def _likely_types(
    columns: Columns, wanted: WantedColumns, below: Sequence[Sequence[str]]
) -> list[str]:
    """The titles of columns with short texts that nobody knows, in a sheet without types."""
    if "type" in columns.places or "type" in wanted.titles:
        return []
    return [
        title
        for title, texts in _unread(columns, below)
        if sheet_column(title) is None and _mostly(texts, _TYPE, LONGEST_TYPE)
    ]


def unknown_emails(columns: Columns, rows: Iterable[Sequence[str]]) -> str | None:
    """The title of a column of e-mail addresses in a sheet whose titles name none."""
    if "email" in columns.places:
        return None
    below = zip_longest(*rows, fillvalue="")
    unread = _unread(columns, below)
    return next((title for title, texts in unread if _mostly(texts, _EMAIL, LONGEST_EMAIL)), None)


def _unread(
    columns: Columns, below: Iterable[Sequence[str]]
) -> Iterator[tuple[str, Sequence[str]]]:
    """The titles of columns that are read as none of ours, and the cells below each."""
    read = columns.read_places
    for at, (title, texts) in enumerate(zip(columns.titles, below, strict=False)):
        if at not in read and harmless(title):
            yield title, texts
