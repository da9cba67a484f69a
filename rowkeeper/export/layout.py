"""The columns that a header names, in the file's own order."""

from collections.abc import Mapping, Sequence

from rowkeeper.export.guard import MARK

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"


def header_key(cell: str) -> str:
    """A header cell as it is compared: no guard, no case, '_' for white space and hyphens."""
    plain = cell.strip().strip(_ZERO_WIDTH).strip().removeprefix(MARK)
    return "_".join(plain.casefold().replace("-", "_").split())


def header_layout(cells: Sequence[str], titles: Mapping[str, str]) -> tuple[str, ...]:
    """Our name for each header cell; ``titles`` are the file's own names for our columns."""
    own = {header_key(title): name for name, title in titles.items()}
    keys = [header_key(cell) for cell in cells]
    return tuple(own.get(key, key) for key in keys)
