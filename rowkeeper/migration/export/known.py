"""What the loaded files know of a person, put where the file to be written has nothing."""

import json
from collections.abc import Mapping, Sequence

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.text import from_json

Known = Mapping[str, Mapping[str, Sequence[str]]]
"""Row id -> column -> the filled cells of that person's rows, those of the best file first."""

MAPPINGS = ("file_uuids", "s3_paths")
STATUSES = ("youtube_status", "drive_status")
OF_STATUS = ("download_errors", "permanent_failure")
"""Blank beside a filled status they say that nothing is wrong."""


def filled_in(
    cells: Mapping[str, str], known: Mapping[str, Sequence[str]], there: frozenset[str]
) -> dict[str, str]:
    """The cells of a row that ``known`` fills, by column; mappings are merged.

    ``there`` are the columns that other rows of the person fill.
    """
    tells = any(not is_nothing(cells.get(column)) for column in STATUSES)
    filled = {}
    for column in cells.keys() & known.keys() - {"row_id"} - there:
        if column in MAPPINGS:
            cell = _merged(cells[column], known[column])
        elif is_nothing(cells[column]) and not (tells and column in OF_STATUS):
            cell = next(iter(known[column]), cells[column])
        else:
            continue
        if cell != cells[column]:
            filled[column] = cell
    return filled


def _merged(cell: str, known: Sequence[str]) -> str:
    """A JSON object with what it lacks of the others; a cell that is none stays."""
    entries = mapping_of(cell)
    if entries is None:
        return cell
    lacking: dict[str, str] = {}
    for other in known:
        for key, value in (mapping_of(other) or {}).items():
            if key not in entries:
                lacking.setdefault(key, value)
    if lacking:
        return json.dumps({**entries, **lacking})
    if is_nothing(cell):
        return next((other for other in known if not is_nothing(other)), cell)
    return cell


def mapping_of(cell: str) -> dict[str, str] | None:
    """The JSON object in a cell; {} for nothing, None for what is none and must stay."""
    if is_nothing(cell):
        return {}
    try:
        mapping = from_json(cell)
    except ValueError:
        return None
    return mapping if isinstance(mapping, dict) else None
