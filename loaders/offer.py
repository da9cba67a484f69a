"""What a sheet that nobody has described yet may mean: a mapping to take, to mend or to leave.

Titles that are known need no mapping. For the rest, words in a title, titles that are nearly known
and what stands below count, in this order; each is a guess, and told as one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from loaders.columns import Columns, Titles, WantedColumns, read_titles
from loaders.doubts import unknown_emails
from loaders.grid import Cell, Line, Tab
from loaders.names import NAME_PARTS
from loaders.sheet import Access, Snapshot, read_sheet, snapshot_of
from loaders.tabs import choose, header_of, is_wanted
from rowkeeper.core.text import harmless, trimmed
from rowkeeper.core.titles import SHEET_TITLES, sheet_column, title_key

TITLES_WITHIN = 20
"""The rows of a tab among which titles that nobody knows are looked for."""
MOST_WORDS = 12
CLOSE = 0.8
_WORD = re.compile(r"[^\W_]+|#")
_PERSON = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,3}")
_ID_WORDS = frozenset({"code", "ref", "reference", "key", "kennzeichen", "código", "codigo"})
_NO_ID = frozenset({"phone", "tel", "telephone", "mobile", "whatsapp", "zip", "postal", "telefon"})
_TIMES = frozenset(
    map(title_key, ("timestamp", "zeitstempel", "horodateur", "marca temporal", "submitted at"))
) | {title_key("carimbo de data/hora"), title_key("informazioni cronologiche")}
"""What forms call the time of an answer."""


@dataclass(frozen=True)
class Offer:
    """What the settings may say of a sheet, and the sheet as they make it read.

    ``columns`` and ``row_id``: of ``sheet.columns`` and ``sheet.row_id``, with what was given.
    ``guessed``: those of our columns of which only a guess says so. ``shared``: how many
    people have no id, or that of one before them. ``tab``: what names the tab, None where there is
    but one.
    """

    snapshot: Snapshot
    columns: dict[str, tuple[str, ...]]
    row_id: tuple[str, ...]
    guessed: frozenset[str]
    people: int
    shared: int
    tab: str | None


def make_offer(
    source: str,
    tab: str | None = None,
    columns: Titles | None = None,
    access: Access | None = None,
    row_id: Sequence[str] = (),
) -> Offer:
    """Read the sheet at ``source`` and offer what the settings should say of it.

    What is given holds. Raises as ``load_sheet`` does, also where no guess helps.
    """
    given = WantedColumns.of(columns, row_id)
    place, tabs, asked = read_sheet(source, tab, given, access or Access())
    shown, head = _titles(place, tabs, asked, given)
    texts = [cell.text for cell in head.cells]
    below = [line.cells for line in shown.lines if line.number > head.number]
    wanted = WantedColumns({**given.titles, **dict(_guessed(texts, below, given))}, given.row_id)
    people = list(_people(read_titles(texts, wanted), below))
    wanted = _with_ids(texts, people, wanted)
    snapshot = snapshot_of(place, tabs, shown.gid, wanted)
    named = [
        row.values for row in snapshot.rows if not row.is_header and _names_somebody(row.values)
    ]
    ids = {trimmed(values["row_id"] or "") for values in named} - {""}
    return Offer(
        snapshot=snapshot,
        columns=dict(wanted.titles),
        row_id=wanted.row_id,
        guessed=frozenset(set(wanted.titles) - set(given.titles)),
        people=len(named),
        shared=len(named) - len(ids),
        tab=tab or ((shown.title or shown.gid) if len(tabs) > 1 else None),
    )


def likely_column(title: str) -> str | None:
    """The column of ours whose words stand in ``title``, the most words first, or that it nearly
    names."""
    words = _WORD.findall(title.casefold())
    if not words or len(words) > MOST_WORDS:
        return None
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            if column := sheet_column(" ".join(words[start : start + length])):
                return column
    known = {title_key(word): column for column in SHEET_TITLES for word in SHEET_TITLES[column]}
    near = get_close_matches(title_key(title), known, n=1, cutoff=CLOSE)
    return known[near[0]] if near else None


def _titles(
    place: str, tabs: list[Tab], asked: str | None, given: WantedColumns
) -> tuple[Tab, Line]:
    """The tab and its row of titles: the one that is known, else one in which a name is guessed."""
    candidates = [tab for tab in tabs if is_wanted(asked, tab.gid, tab.title)]
    if not any(header_of(tab, given) for tab in candidates) and "name" not in given.titles:
        for tab in candidates:
            for at, line in enumerate(tab.lines[:TITLES_WITHIN]):
                texts = [cell.text for cell in line.cells]
                below = [below.cells for below in tab.lines[at + 1 :]]
                filled = [text for text in texts if trimmed(text)]
                if len(filled) < 2 or any("://" in text for text in filled):
                    continue  # a remark, or people themselves
                if _guessed_name(texts, below):
                    return tab, line
    chosen, head, _ = choose(place, tabs, asked, given)
    return chosen, head


def _guessed(
    titles: Sequence[str], below: Sequence[Sequence[Cell]], given: WantedColumns
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns that the titles do not name by a usual word, with the titles that may."""
    columns = read_titles(titles, given)
    free = _free(titles, columns, below)
    if not columns.has_name and (name := _guessed_name(titles, below)):
        yield "name", name
        free = [title for title in free if title not in name]
    texts = [[cell.text for cell in cells] for cells in below]
    if "email" not in columns.places and (
        seen := unknown_emails(columns, texts) or _likely(free, "email")
    ):
        yield "email", (seen,)
        free = [title for title in free if title != seen]
    if "type" not in columns.places and (seen := _likely(free, "type")):
        yield "type", (seen,)


def _free(titles: Sequence[str], columns: Columns, below: Sequence[Sequence[Cell]]) -> list[str]:
    """The titles that may be given to a column: of none of ours yet, whole in a setting, and above
    no links, which are content."""
    known = columns.read_places | {
        place for place in range(len(titles)) if _has_links(place, below)
    }
    return [
        title
        for place, title in enumerate(titles)
        if place not in known and trimmed(title) and harmless(title) == trimmed(title)
    ]


def _has_links(place: int, below: Sequence[Sequence[Cell]]) -> bool:
    """Whether most of a column's cells lead somewhere else than to an inbox."""
    cells = [cells[place] for cells in below if place < len(cells)]
    filled = [cell for cell in cells if trimmed(cell.text) or cell.links]
    addresses = [[cell.text, *cell.links] for cell in filled]
    return 2 * sum(any("://" in text for text in texts) for texts in addresses) > len(filled)


def _likely(titles: Sequence[str], *columns: str) -> str | None:
    return next((title for title in titles if likely_column(title) in columns), None)


def _guessed_name(titles: Sequence[str], below: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
    """The titles of a name, of its two halves, or of a column of texts that look like names."""
    free = _free(titles, read_titles(titles, WantedColumns()), below)
    if whole := _likely(free, "name"):
        return (whole,)
    halves = [half for part in NAME_PARTS if (half := _likely(free, part))]
    if halves:
        return tuple(halves)
    for title in free:
        place = titles.index(title)
        texts = [trimmed(cells[place].text) for cells in below if place < len(cells)]
        filled = [text for text in texts if text]
        looks = [text for text in filled if _PERSON.fullmatch(text) and len(text) < 60]
        if len(looks) * 5 >= len(filled) * 4 > 0 and len(set(looks)) * 2 > len(looks):
            return (title,)
    return ()


def _people(columns: Columns, below: Sequence[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    """The rows that name somebody, as wide as the titles."""
    for cells in below:
        filled = [*cells, *[Cell()] * (len(columns.titles) - len(cells))]
        if _names_somebody(columns.values(filled)):
            yield filled


def _names_somebody(values: Mapping[str, str | None]) -> bool:
    return bool(trimmed(values["name"] or ""))


def _ids(columns: Columns, people: Sequence[Sequence[Cell]]) -> list[str]:
    return [trimmed(columns.values(cells)["row_id"] or "").casefold() for cells in people]


def _with_ids(
    texts: Sequence[str], people: Sequence[Sequence[Cell]], wanted: WantedColumns
) -> WantedColumns:
    """``wanted`` and where row ids come from, if the titles name none that anybody has: the first
    choice that tells all people apart, else the one that tells most."""
    if wanted.row_id or any(_ids(read_titles(texts, wanted), people)):
        return wanted

    def shared(choice: WantedColumns) -> int:
        ids = _ids(read_titles(texts, choice), people)
        return len(ids) - len({text for text in ids if text})

    return min(_id_choices(texts, people, wanted), key=shared)  # of equal ones the first


def _id_choices(
    texts: Sequence[str], people: Sequence[Sequence[Cell]], wanted: WantedColumns
) -> Iterator[WantedColumns]:
    """What may stand for a row id, the best first: what changes least and is no personal data."""
    columns = read_titles(texts, wanted)
    free = _free(texts, columns, people)
    for title in free:
        words = set(_WORD.findall(title.casefold()))
        named = bool(words & _ID_WORDS) or likely_column(title) == "row_id"
        if named and not words & _NO_ID:
            yield WantedColumns({**wanted.titles, "row_id": (title,)})
    time = next((title for title in free if title_key(title) in _TIMES), None)
    if "email" in columns.places:
        yield WantedColumns(wanted.titles, ("email",))
    if time:
        yield WantedColumns(wanted.titles, (time, "name"))
    if "email" in columns.places:
        yield WantedColumns(wanted.titles, ("email", "name"))
    yield WantedColumns(wanted.titles, ("name",))
