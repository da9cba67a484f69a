"""The titles by which columns are known, in sheets and in legacy CSVs alike."""

import unicodedata
from collections.abc import Mapping

TITLES: Mapping[str, tuple[str, ...]] = {
    "row_id": ("#", "row id", "row", "row no", "row nr", "row number", "id", "no", "nr"),
    "name": ("name", "full name"),
    "email": ("email", "email address", "mail"),
    "type": ("type", "personality type"),
    "link": ("link", "url"),
}
"""Our columns of a person -> other words for them, each compared by ``title_key``."""


def title_key(title: str) -> str:
    """A title as it is compared: NFKC, casefolded, letters, digits and ``#`` alone.

    So ``Row ID``, ``row_id`` and ``ROW-ID`` are one, and so are ``No`` and ``No.``.
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(char for char in folded if char.isalnum() or char == "#")
