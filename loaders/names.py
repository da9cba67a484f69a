"""A person's name of the columns that a sheet has for it: one, or its parts."""

from collections.abc import Collection, Mapping, Sequence

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.identity import compare_key
from rowkeeper.core.text import trimmed
from rowkeeper.core.titles import HALF_NAMES, title_key

NAME_PARTS = ("first_name", "middle_name", "last_name", "second_last_name")
"""In the order in which they are joined."""
OPTIONAL = ("middle_name", "second_last_name")
"""Parts that many people lack, and that some write with another part, too."""
_MIDDLE_BESIDE_A_LAST = title_key("презиме")  # a surname in Serbian, a middle name in Bulgarian


def name_places(
    titles: Sequence[str], places: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Where a name stands: in one column, or in those of its parts."""
    whole = places.get("name", ())
    first, middle, last, second = (places.get(part, ()) for part in NAME_PARTS)
    if whole:
        if bool(first) == bool(last) or title_key(titles[whole[0]]) not in HALF_NAMES:
            return {"name": whole}
        first, last = first or whole, last or whole
    together = (*first, *middle, *last, *second) if first or last else ()
    return {"name": together} if together else {}


def told_apart(titles: Sequence[str], places: dict[str, list[int]]) -> None:
    """Make a middle name of a title that means one where another column has the last name."""
    last = places.get("last_name", [])
    for place in [at for at in last if title_key(titles[at]) == _MIDDLE_BESIDE_A_LAST]:
        if len(last) > 1 and "middle_name" not in places:
            last.remove(place)
            places["middle_name"] = [place]


def joined_name(parts: Sequence[str], optional: Collection[int] = ()) -> str:
    """One name of its parts; a part that another one holds as whole words is not said twice.

    ``optional``: the places of parts that may say nothing, or stand in another part as well.
    """
    held = [(at, part) for at, part in enumerate(parts) if trimmed(part)]
    kept = [
        part
        for at, part in held
        if at not in optional or _adds(part, [other for place, other in held if place != at])
    ]
    if len(kept) < 2:
        return kept[0] if kept else parts[0]
    for part in kept:
        words = _words(part)
        rest = [other for other in kept if other is not part]
        if all(set(_words(other)) <= set(words) for other in rest):
            return part
    return " ".join(trimmed(part) for part in kept)


def _adds(part: str, others: Sequence[str]) -> bool:
    """Whether an optional part is one, and no longer part has it: the Berg of 'van der Berg'."""
    words = _words(part)
    if is_nothing(part) or not any(map(str.isalpha, part)):
        return False
    return not any(
        words == longer[at : at + len(words)]
        for longer in map(_words, others)
        if len(longer) > len(words)
        for at in range(len(longer))
    )


def _words(text: str) -> list[str]:
    return [compare_key(word) for word in text.split()]
