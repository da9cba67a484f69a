"""The columns that a header names, in the file's own order."""

from collections.abc import Mapping, Sequence

from rowkeeper.core.csv.legacy import COLUMNS
from rowkeeper.core.titles import TITLES, title_key

_NAMES = {title_key(name): name for name in COLUMNS}
_WORDS = {title_key(word): name for name, words in TITLES.items() for word in words}


def header_layout(cells: Sequence[str], titles: Mapping[str, str]) -> tuple[str, ...]:
    """Our name for each header cell, '' for a column that nobody knows.

    ``titles`` are the file's own names for our columns. Where they name none, our own name counts,
    and only where that does not stand there, another usual word for it.
    """
    own = {title_key(title): name for name, title in titles.items()}
    keys = [title_key(cell) for cell in cells]
    layout = [own.get(key, "") for key in keys]
    for names in (_NAMES, _WORDS):
        standing = set(layout)
        for place, key in enumerate(keys):
            if not layout[place] and (name := names.get(key, "")) not in standing:
                layout[place] = name
    return tuple(layout)
