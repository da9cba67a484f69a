"""The guard against a sheet that lost its people or its columns: a wrong tab, a filter, a title
that somebody changed."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from loaders.columns import COLUMNS, NOTHING_SAID, Columns, WantedColumns, read_titles
from loaders.sheet import Snapshot
from rowkeeper.core.errors import InputError
from rowkeeper.core.identity import compare_key, row_id_key
from rowkeeper.core.text import compatible, harmless, quoted, some_of, trimmed
from rowkeeper.core.titles import is_same_title, nearest_title

SHOWN = 3
A_COLUMN = 3
"""From so many cells on a change may be the column's; fewer are mended by hand."""
_WORD = re.compile(r"[^\s,;]+")


class SheetPerson(NamedTuple):
    """Who stands in a row: name and e-mail as written."""

    name: str
    email: str

    def __str__(self) -> str:
        return harmless(self.name) or harmless(self.email)

    @property
    def address(self) -> str:
        """The e-mail as it is compared."""
        return compare_key(self.email)

    def is_same(self, other: "SheetPerson", shared: Collection[str] = ()) -> bool:
        """Whether the name or the e-mail is the same, however it is written; but an address that
        is ``shared`` only where no other first name stands beside it."""
        mine, yours = compare_key(self.name), compare_key(other.name)
        if mine == yours != "":
            return True
        if not self.address or self.address != other.address:
            return False
        unsure = self.address in shared and mine and yours
        return not unsure or _first_name(self.name) == _first_name(other.name)


def _first_name(name: str) -> str:
    return compare_key(next(iter(trimmed(name).split()), ""))


People = Mapping[str, Sequence[SheetPerson]]
"""Normal form of a row id -> who stands under it, the topmost first."""


@dataclass(frozen=True)
class HeldSheet:
    """What the last load left of a sheet: its tab, its people, its titles, and which of our columns
    it had."""

    tab: str = ""
    people: People = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Allowed:
    """What one load may do, as the settings ``sheet.max_removed``, ``sheet.max_changed`` and
    ``sheet.lost_columns`` say."""

    max_removed: float = 0.2
    max_changed: float = 0.2
    lost_columns: tuple[str, ...] = ()


def people_of(rows: Iterable[tuple[str | None, ...]]) -> People:
    """The people of the rows ``(row id, name, e-mail)`` that have an id and a name or an e-mail."""
    people: dict[str, list[SheetPerson]] = {}
    for row_id, name, email in rows:
        key, person = row_id_key(row_id), SheetPerson(trimmed(name or ""), trimmed(email or ""))
        if key and any(person):
            people.setdefault(key, []).append(person)
    return people


def check_load(
    snapshot: Snapshot, held: HeldSheet, allowed: Allowed, wanted: WantedColumns = NOTHING_SAID
) -> tuple[str, ...]:
    """What ``snapshot`` changes of people that ``held`` has, in sentences.

    Raises ``InputError`` if it lacks a column of ours that ``held`` has, or more than the allowed
    share of its people, or gives more than that of its row ids to other people or to other names
    or addresses.
    """
    _check_columns(snapshot, held, allowed, wanted)
    now = _people_in(snapshot)
    holders = {row_id: _holder(held.people.get(row_id, ()), now[row_id]) for row_id in now}
    changed = _changed_hands(held.people, now, holders)
    gone = [row_id for row_id in held.people if row_id not in now]
    before = "" if held.tab in ("", snapshot.tab_label) else f" The last load read tab {held.tab}."
    others = some_of(
        [f"{key} was {held.people[key][0]} and is {holders[key]}" for key in changed], SHOWN
    )
    missing = some_of([f"{key} ({held.people[key][0]})" for key in gone], SHOWN)
    if _is_more(changed, held.people, allowed.max_changed):
        raise InputError(
            f"{snapshot.place} gives {len(changed)} of {len(held.people)} row ids to other people: "
            f"{others}.{before} Nothing was loaded: look at the sheet and sheet.tab; if the "
            "ids are to change hands, run once with --max-changed 1."
        )
    if _is_more(gone, held.people, allowed.max_removed):
        raise InputError(
            f"{snapshot.place} lacks {len(gone)} of {len(held.people)} people: {missing}."
            f"{before} Nothing was loaded: look at the sheet and sheet.tab; if they are to go, run "
            "once with --max-removed 1."
        )
    same = {row_id: one for row_id, one in holders.items() if row_id not in changed}
    said = [*_check_cells(snapshot, held, same, allowed, before)]
    if changed:
        said.append(f"{len(changed)} row ids are other people's now: {others}.")
    if gone:
        said.append(f"{len(gone)} people are no longer in the sheet: {missing}.")
    return tuple(said)


def _people_in(snapshot: Snapshot) -> People:
    return people_of(
        (row.values["row_id"], row.values["name"], row.values["email"])
        for row in snapshot.rows
        if not row.is_header
    )


def _changed_hands(before: People, now: People, holders: Mapping[str, SheetPerson]) -> list[str]:
    """The row ids that somebody has now who did not stand under them."""
    shared = _shared(before) | _shared(now)
    return [
        row_id
        for row_id, people in before.items()
        if row_id in now and not any(one.is_same(holders[row_id], shared) for one in people)
    ]


def _check_cells(
    snapshot: Snapshot, held: HeldSheet, now: Mapping[str, SheetPerson], allowed: Allowed, tab: str
) -> Iterable[str]:
    """A column that was sorted alone, emptied or spoilt leaves each person the other one that she
    is known by, so names and addresses are counted apart."""
    both = {row_id: (held.people[row_id], now[row_id]) for row_id in now if row_id in held.people}
    for column, what in (("name", "name"), ("email", "e-mail")):
        if column not in snapshot.columns.places:
            continue
        had, other, moved = _other_cells(both, column)
        if not moved and len(other) < A_COLUMN:
            continue
        shown = [
            f"{row_id} was {quoted(getattr(both[row_id][0][0], column))} and is "
            f"{quoted(getattr(now[row_id], column))}"
            for row_id in moved or other
        ]
        difference = f"another {what} for {len(other)} of {len(had)} row ids"
        difference += f", {len(moved)} of which stood under other ids" if moved else ""
        difference += f": {some_of(shown, SHOWN)}."
        many = len(moved) > 1 or len(other) >= A_COLUMN
        if many and _is_more(other, had, allowed.max_changed):
            raise InputError(
                f"{snapshot.place} has {difference}{tab} Nothing was loaded: look whether the "
                "column was sorted alone or is spoilt; if all this is to change, run once with "
                "--max-changed 1."
            )
        yield f"The sheet has {difference}"


def _other_cells(
    both: Mapping[str, tuple[Sequence[SheetPerson], SheetPerson]], column: str
) -> tuple[Collection[str], list[str], list[str]]:
    """The row ids that had something in ``column``, those where it is another thing now, and of
    these those where it stood under another id."""
    had, has = dict[str, list[frozenset[str]]](), dict[str, frozenset[str]]()
    for row_id, (before, now) in both.items():
        if earlier := [words for one in before if (words := _words(getattr(one, column)))]:
            had[row_id], has[row_id] = earlier, _words(getattr(now, column))
    known = {words for earlier in had.values() for words in earlier}
    other = [row_id for row_id in had if not any(old <= has[row_id] for old in had[row_id])]
    return had, other, [row_id for row_id in other if has[row_id] in known]


def _words(cell: str) -> frozenset[str]:
    """What a name or a cell of addresses says, in any order; more words beside it are no change."""
    return frozenset(_WORD.findall(compatible(cell).casefold()))


def _holder(before: Sequence[SheetPerson], now: Sequence[SheetPerson]) -> SheetPerson:
    """Who of ``now`` has the row id: as int_source_rows decides, what is new, else the topmost."""
    return next((one for one in now if before and one not in before), now[0])


def _shared(people: People) -> set[str]:
    """The addresses that stand under several row ids."""
    times = Counter(address for under in people.values() for address in {p.address for p in under})
    return {address for address, count in times.items() if address and count > 1}


def _is_more(some: Sequence[str], people: Collection[str], share: float) -> bool:
    return bool(some) and len(some) / len(people) > share  # 29 of 100 are no more than 0.29


def _check_columns(
    snapshot: Snapshot, held: HeldSheet, allowed: Allowed, wanted: WantedColumns
) -> None:
    columns = snapshot.columns
    had = set(held.columns) | ({"link"} & set(read_titles(held.titles, wanted).places))
    has = {name for name in (*COLUMNS, "link") if name in columns.places}
    has |= {"row_id"} if columns.row_id_from else set()
    free = {name for name in had for given in allowed.lost_columns if is_same_title(name, given)}
    for name in (known for known in (*COLUMNS, "link") if known in had - has - free):
        old = read_titles(held.titles, NOTHING_SAID).places.get(name, ())
        title = held.titles[old[0]] if old else name
        instead = _instead(old, title, held.titles, columns)
        hint = (
            f"{quoted(instead)} is new; if that is it, set sheet.columns = "
            f'{{{name} = "{harmless(instead)}"}}'
            if instead
            else f"if it has another title, name that in sheet.columns for {name}"
        )
        raise InputError(
            f"{snapshot.place} has no column {quoted(title)} any more, which held {name}: {hint}. "
            f"Nothing was loaded; if the column is to go, run once with --lost-columns {name}."
        )


def _instead(
    places: Sequence[int], title: str, before: Sequence[str], columns: Columns
) -> str | None:
    """The title that may stand for one that is gone: a new one, in its place or near to it."""
    ours = columns.read_places
    fresh = new_titles(before, columns.titles, ours)
    at_place = [columns.titles[place] for place in places if place < len(columns.titles)]
    likely = [shown for shown in at_place if shown in fresh]
    likely += [near] if (near := nearest_title(title, fresh)) else fresh * (len(fresh) == 1)
    return next(iter(likely), None)


def new_titles(
    before: Sequence[str], titles: Sequence[str], without: Iterable[int] = ()
) -> list[str]:
    """The titles that are not among those ``before``, but for the places ``without``."""
    left_out = set(without)
    return [
        title
        for place, title in enumerate(titles)
        if place not in left_out
        and harmless(title)
        and not any(is_same_title(title, known) for known in before)
    ]
