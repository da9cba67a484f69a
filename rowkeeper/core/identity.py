"""When two spellings mean the same row id, and when two texts are the same name.

These forms are for comparing only; what a source wrote is kept verbatim beside them.
"""

import re
import unicodedata

from rowkeeper.core.text import ZERO_WIDTH, trimmed

_UNSEEN = str.maketrans("", "", ZERO_WIDTH)
_WHOLE = re.compile(
    r"(?P<whole>\d+|\d{1,3}(?:(?P<mark>[,' ’])\d{3})(?:(?P=mark)\d{3})*)(?:[.,]0{1,2})?"
)
"""A whole number as programs write it: digits or groups of three, and a fraction that is zero."""


def row_id_key(text: str | None) -> str:
    """The normal form of a row id, '' for none.

    A whole number counts by its value, however it is written: ``3.0``, ``004``, ``1,005``, digits
    of any script. Anything else is in NFKC and trimmed; ``3.1`` and ``3.10`` stay two ids.
    """
    plain = trimmed(unicodedata.normalize("NFKC", trimmed(text or "")).translate(_UNSEEN))
    found = _WHOLE.fullmatch(plain)
    if found is None:
        return plain
    digits = (unicodedata.decimal(char, None) for char in found["whole"])
    return "".join(str(digit) for digit in digits if digit is not None).lstrip("0") or "0"


def name_key(text: str | None) -> str:
    """A name, an e-mail address or a type as it is compared: NFKC, casefolded, without white space
    and zero-width characters; '' for none."""
    key = text or ""
    before = None
    while key != before:  # what is taken out may leave letter and accent side by side
        before, key = key, unicodedata.normalize("NFKC", key).casefold().translate(_UNSEEN)
        key = "".join(key.split())
    return key
