"""An index column that nobody gave a title, as pandas (``index_label=False``) and R write it."""

import re
from collections.abc import Iterable, Sequence

from rowkeeper.core.text import trimmed

WORDS = "has in each row a cell more than titles, and those cells number the rows"
"""What is said of such a file."""
ROW_ID = re.compile(r"#|row_id|\d{1,9}[a-z]?", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{0,4}[-_/ ]?\d{1,12}[A-Za-z]?")
_ID_TITLE = re.compile(r"(?:n[ro°]\.?|num(?:mer|ber)?|\bids?|_id|code|key|ref)\W*$", re.IGNORECASE)
_EITHER = re.compile(r"\d{1,3}[.,]000")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\s*\d{1,9}\s*")


def has_untitled_index(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether all ``rows`` below ``header``, our names of its columns, begin with an index.

    A row may also end in a separator too many, so what the columns hold decides: each is one place
    further on than its title.
    """
    rows = [row for row in rows if row]
    if not rows or any(len(row) != len(header) + 1 for row in rows):
        return False
    index = [row[0] for row in rows]
    if len(set(index)) < len(index) or not all(map(_NUMBER.fullmatch, index)):
        return False
    return _is_further_on(header, rows)


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
    distinct = list(dict.fromkeys(text for given in row_ids if (text := trimmed(given))))
    of_people = [text for text in distinct if _DIGIT.search(text)]
    return of_people if len(of_people) > 1 and all(map(_EITHER.fullmatch, of_people)) else []


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


def _is_further_on(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether what ``rows`` hold stands one place further on than the titles."""
    own = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    next_to = {name: [row[place + 1].strip() for row in rows] for place, name in enumerate(header)}
    if "row_id" in header and not all(map(_DIGIT.search, next_to["row_id"])):
        return False
    if "email" in header and any("@" in cell for cell in (*own["email"], *next_to["email"])):
        return not any("@" in cell for cell in own["email"])
    if "row_id" in header and all(map(ROW_ID.fullmatch, next_to["row_id"])):
        return True
    names = own.get("name", [""]), next_to.get("name", [""])
    return all(map(_DIGIT.search, names[0])) and not any(map(_DIGIT.search, names[1]))
