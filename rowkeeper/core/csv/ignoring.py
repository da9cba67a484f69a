"""Which rules of ``legacy_csv.ignore`` leave out no row, as one with a misspelt name does."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rowkeeper.core.setting_types import RULE
from rowkeeper.core.warehouse import LOADED, Warehouse

_ROWS = f"""
select distinct files.file_name, coalesce(keys.row_id, trim(source.row_id)) as row_id
from raw.legacy_csv_rows as source
inner join raw.legacy_csv_files as files on source.file_sha256 = files.file_sha256
left join raw.row_keys as keys on source.row_key = keys.row_key
where source.{LOADED}
"""
IDLE = "legacy_csv.ignore: no row is left out by {rule}: mend or remove that rule."


class _LoadedRow(NamedTuple):
    file_name: str | None
    row_id: str | None


def idle_rules(warehouse: Warehouse, rules: Sequence[str]) -> list[str]:
    """Those of ``rules`` that match no row of the legacy files that are loaded."""
    if not rules:
        return []
    loaded = warehouse.records(_LoadedRow, _ROWS)
    rows = [(row.file_name or "", row.row_id or "") for row in loaded]
    return [rule for rule in rules if not _matches(rule, rows)]


def _matches(rule: str, rows: Iterable[tuple[str, str]]) -> bool:
    match = RULE.fullmatch(rule)
    if match is None:
        return False
    name = re.compile(".*".join(map(re.escape, match[1].split("*"))), re.DOTALL)
    wanted = (match[2] or "").split()
    return any(
        name.fullmatch(file) and (not wanted or any(_is_row(row_id, part) for part in wanted))
        for file, row_id in rows
    )


def _is_row(row_id: str, part: str) -> bool:
    """Is a row id this one, or in this range?"""
    first, is_range, last = part.partition("-")
    if not is_range:
        return row_id == part
    return bool(re.fullmatch("[0-9]{1,9}", row_id)) and int(first) <= int(row_id) <= int(last)
