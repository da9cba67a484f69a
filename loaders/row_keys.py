"""Whose a row is, in the forms that are compared: derived from what it says, kept beside it.

A row id has one spelling in the tables, the one that came first; other spellings of it are the same
id. So the ids of assets, which are made from it, stay the same whatever a later source writes.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from loaders.destination import DATASET
from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.identity import compare_key, email_address, row_id_key, without_formula
from rowkeeper.core.text import trimmed
from rowkeeper.core.warehouse import Warehouse

Row = dict[str, Any]

KNOWN = f"select distinct row_id from {DATASET}.row_keys where row_id != '' order by row_id"
_ONCE_A_TEXT = re.compile(r"[#'()\[\]:°№]|[^\W\d_]|\.$")
"""What stands in spellings of numbers that were ids of their own before: ``#7``, ``Row 7``."""
_NAMES = frozenset({"Nan", "Null"})
"""Words for nothing that people have for a name; programs write them otherwise."""


class RowIds:
    """The spelling that each row id has in the tables, by its normal form."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._spellings: dict[str, str] = {}
        self._apart: set[str] = set()
        for spelling in sorted(known, key=lambda text: text != row_id_key(text)):
            if self.of(spelling, new=spelling) != spelling and _ONCE_A_TEXT.search(spelling):
                self._apart.add(spelling)

    def of(self, written: str | None, new: str | None = None) -> str:
        """The spelling of the id that is ``written`` so, '' for none.

        One that is met for the first time is spelt ``new``, else as it is written, trimmed and
        without Excel's ``="…"``. Two that an earlier version held apart stay two.
        """
        if (spelling := trimmed(written or "")) in self._apart:
            return spelling
        key = row_id_key(written)
        return self._spellings.setdefault(key, new or without_formula(written or "")) if key else ""


def known_row_ids(warehouse: Warehouse) -> list[str]:
    """The spellings that the rows in ``warehouse`` have."""
    is_there = "row_keys" in warehouse.tables(DATASET)
    return warehouse.column(KNOWN) if is_there else []


def keys_row(row_key: str, row_id: str, values: Mapping[str, str | None]) -> Row:
    """The row of ``raw.row_keys`` of a row that says ``values`` of the person ``row_id``.

    A word for nothing (``nan``, ``-``, ``#REF!``) is no name and no e-mail that two could share.
    """
    name, email = (trimmed(values.get(column) or "") for column in ("name", "email"))
    is_named = name in _NAMES or not is_nothing(name)
    return {
        "row_key": row_key,
        "row_id": row_id,
        "name_key": compare_key(name) if is_named else "",
        "first_name_key": compare_key(next(iter(name.split()), "")),
        "email_key": "" if is_nothing(email) else compare_key(email),
        "type_key": compare_key(values.get("type")),
        "email_address": email_address(values.get("email")),
    }
