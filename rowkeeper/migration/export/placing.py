"""Which rows of the base show whom, and which make way so that no row id stands twice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.identity import row_id_key
from rowkeeper.migration.export.base import PERSON_COLUMNS, Base, BaseRow, Person


class Role(Enum):
    """What becomes of a row of the base."""

    KEPT = "kept"
    SHOWS = "shows"  # it shows what its person's cells are now
    REPLACED = "replaced"  # its row id has another person now: that person's row stands here
    DROPPED = "dropped"


@dataclass(frozen=True)
class Placed:
    """A row of the base. ``standing``: the cells that stand for its person before the change.

    ``there``: the columns that other rows of the person fill.
    """

    role: Role
    person: Person | None = None
    standing: Mapping[str, str] = field(default_factory=dict)
    there: frozenset[str] = frozenset()


KEPT, DROPPED = Placed(Role.KEPT), Placed(Role.DROPPED)


def place_rows(base: Base, people: Mapping[str, Person], whole: bool) -> list[Placed]:
    """What becomes of each row of ``base``; with ``whole`` no row id stands twice."""
    placements = [KEPT] * len(base.rows)
    numbered: dict[str, list[int]] = defaultdict(list)
    nameless: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(base.rows):
        if own := own_id(base, row):
            numbered[own].append(place)
        elif row.row_id:
            nameless[row_id_key(row.row_id)].append(place)
    for own, places in numbered.items():
        for place, placed in _one_row_id(base, own, places, people.get(own), whole).items():
            placements[place] = placed
        for place in places:
            if whole and row_id_key(base.rows[place].row_id) not in ("", own):
                placements[place] = DROPPED  # it was accepted for another person, who has a row
    for row_id, places in nameless.items():
        if whole and row_id in numbered:
            for place in places:
                placements[place] = DROPPED
        else:
            placements[places[-1]] = _last_of(base, places, people.get(row_id))
    return placements


def own_id(base: Base, row: BaseRow) -> str:
    """The row id that a reader of the file sees in a row; '' for none and for a header."""
    columns = row.columns or base.columns
    if "row_id" not in columns:
        return ""
    key = row_id_key(replace(row, columns=columns).cells.get("row_id"))
    return "" if key.casefold() in ("#", "row_id") else key


def _one_row_id(
    base: Base, own: str, places: Sequence[int], person: Person | None, whole: bool
) -> dict[int, Placed]:
    """What becomes of the rows with one row id."""
    mine = [place for place in places if row_id_key(base.rows[place].row_id) == own]
    rest = DROPPED if whole else KEPT
    placed = dict.fromkeys(places, rest)
    if mine:
        for place in mine[-1:] if whole else mine:
            placed[place] = Placed(Role.SHOWS, person, _standing([base.rows[place]]))
    elif person and whole:
        placed[places[0]] = Placed(Role.REPLACED, person)
    elif whole:
        placed[max(places, key=lambda place: (_filled(base.rows[place]), place))] = KEPT
    return placed


def _filled(row: BaseRow) -> int:
    return sum(not is_nothing(cell) for cell in row.cells.values())


def _last_of(base: Base, places: Sequence[int], person: Person | None) -> Placed:
    """Without row ids a person was appended on each run: the last row shows a change, and a cell
    that is blank there stands as it did before."""
    rows = [base.rows[place] for place in places]
    there = (name for row in rows[:-1] for name, cell in row.cells.items() if not is_nothing(cell))
    return Placed(Role.SHOWS, person, _standing(rows), frozenset(there))


def _standing(rows: Sequence[BaseRow]) -> dict[str, str]:
    """The last cell of each column that is not nothing; the link canonical."""
    standing = dict.fromkeys(PERSON_COLUMNS, "")
    for row in rows:
        cells = {**row.cells, "link": row.link}
        standing |= {n: cells[n] for n in PERSON_COLUMNS if n in cells and not is_nothing(cells[n])}
    return standing
