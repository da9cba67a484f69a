"""An index column that nobody gave a title, as pandas (``index_label=False``) and R write it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from rowkeeper.core.text import trimmed

WORDS = "has in each row a cell more than titles, and those cells number the rows"
"""What is said of such a file."""
ROW_ID = re.compile(r"#|row_id|\d{1,9}[a-z]?", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{0,4}[-_/ ]?\d{1,12}[A-Za-z]?")
_ID_TITLE = re.compile(r"(?:n[ro°]\.?|num(?:mer|ber)?|\bids?|_id|code|key|ref)\W*$", re.IGNORECASE)
_EITHER = re.compile(r"\d{1,3}[.,]000")
_DIGIT = re.compile(r"\d")
_TELLING = frozenset({"row_id", "email", "name"})
"""The columns whose cells show whether they stand below their titles."""
_NUMBER = re.compile(r"\s*\d{1,9}\s*")


def has_untitled_index(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bool:
    """Whether all ``rows`` below ``header``, our names of its columns, begin with an index.

    A row may also end in a separator too many, so what the columns hold decides: each is one place
    further on than its title. No row is asked for after one without an index.
    """
    places = {name: place for place, name in enumerate(header) if name in _TELLING}
    index: set[str] = set()
    own: dict[str, list[str]] = {name: [] for name in places}
    next_to: dict[str, list[str]] = {name: [] for name in places}
    for row in filter(None, rows):
        if len(row) != len(header) + 1 or row[0] in index or not _NUMBER.fullmatch(row[0]):
            return False
        index.add(row[0])
        for name, place in places.items():
            own[name].append(row[place])
            next_to[name].append(row[place + 1].strip())
    return bool(index) and _is_further_on(own, next_to)


def ids_beside_index(
    titles: Sequence[str], known: Iterable[int], rows: Sequence[Sequence[str]]
) -> str | None:
    """The title of a column of ids that nobody knows, beside a first column that only counts
    ``rows``. Programs count from 0; people from 1, too, so then the title has to say it."""
    index = [trimmed(row[0]) for row in rows if row and trimmed(row[0])]
    starts = {tuple(map(str, range(start, start + len(index)))): start for start in (0, 1)}
    if len(index) < 2 or (start := starts.get(tuple(index))) is None:
        return None
    ours = set(known)
    for place, title in enumerate(titles):
        cells = [trimmed(row[place]) if place < len(row) else "" for row in rows]
        if (
            place not in ours
            and trimmed(title)
            and (start == 0 or _ID_TITLE.search(trimmed(title)))
            and len(set(cells)) == len(cells)
            and all(map(_CODE.fullmatch, cells))
        ):
            return title
    return None


def doubtful_ids(row_ids: Iterable[str]) -> list[str]:
    """The row ids, if each of them may be thousands or a whole number with zeros behind a mark."""
    of_people: dict[str, None] = {}
    for text in map(trimmed, row_ids):
        if _DIGIT.search(text):
            if not _EITHER.fullmatch(text):
                return []
            of_people[text] = None
    return list(of_people) if len(of_people) > 1 else []


IDS_MEND = (
    "may be thousands, or whole numbers with decimals that are zero: save that column as whole "
    "numbers without a mark"
)


def shifted_rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The places of the ``rows``, from 0, that are wider than their titles and whose e-mail address
    stands beyond its own."""
    if "email" not in header:
        return []
    place = header.index("email")
    return [
        number
        for number, row in enumerate(rows)
        if len(row) > len(header) and "@" not in row[place] and any("@" in c for c in row[place:])
    ]


def _is_further_on(own: Mapping[str, Sequence[str]], next_to: Mapping[str, Sequence[str]]) -> bool:
    """Whether what rows hold stands one place further on than the titles, given the cells below
    each title and those beside them."""
    if "row_id" in own and not all(map(_DIGIT.search, next_to["row_id"])):
        return False
    if "email" in own and any("@" in cell for cell in (*own["email"], *next_to["email"])):
        return not any("@" in cell for cell in own["email"])
    if "row_id" in own and all(map(ROW_ID.fullmatch, next_to["row_id"])):
        return True
    names = own.get("name", [""]), next_to.get("name", [""])
    return all(map(_DIGIT.search, names[0])) and not any(map(_DIGIT.search, names[1]))
