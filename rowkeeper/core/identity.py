"""When two spellings mean the same row id, and when two texts are the same name or address.

These forms are for comparing only; what a source wrote is kept verbatim beside them.
"""

import re
import unicodedata

from rowkeeper.core.text import INVISIBLE, ZERO_WIDTH, compatible, trimmed

_IGNORED = (
    *("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u3164\uffa0"),
    *map(chr, (*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9))),
    *map(chr, (*range(0x1D173, 0x1D17B), *range(0xE0000, 0xE0200))),
)
"""What Unicode lets no program show by itself: fillers, joiners, variants."""
_UNSEEN = str.maketrans("", "", INVISIBLE + "".join(_IGNORED))
_UNSEEN_IN_MADE_IDS = str.maketrans("", "", ZERO_WIDTH)
_IN_ADDRESS = r"[^\s@<>(),;:\"/\[\]\\]"
_ADDRESS = re.compile(rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}+@{_IN_ADDRESS}+\.(?:(?!\.){_IN_ADDRESS})+")
_WHOLE = re.compile(
    r"""\+?(?:
    (?P<plain>\d+) (?: [.,](?:0{1,2}|0{4,}) | \u066b0+ )?
    | (?P<grouped>\d{1,3} (?P<mark>[,'\ ’\u066c])\d{3} (?:(?P=mark)\d{3})*)
        (?: [.,]0{1,2} | (?!(?P=mark))[.,\u066b]0+ )?
    | (?P<dotted>\d{1,3} (?: (?:\.\d{3}){2,} | \.\d{3}(?=,) )) (?:,0+)?
    )""",
    re.VERBOSE,
)
"""A whole number as programs write it: digits or groups of three, and a fraction that is zero.

``3.000`` and ``1.005`` may be either, so they stay texts; three groups tell, or a comma behind.
"""
_SCIENTIFIC = re.compile(r"(\d)(?:[.,]0{1,9})?[eE](?:\+(\d{1,2})|0{1,2})")
"""A number as programs write long ones: ``1E+3``. ``1e3`` may be a code, and ``1.2E+5`` is rounded,
so they stay texts."""
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
"""How a text that looks like a number is kept from Excel."""


def row_id_key(text: str | None) -> str:
    """The normal form of a row id, '' for none.

    A whole number counts by its value, however it is written: ``3.0``, ``004``, ``1,005``,
    ``="7"``, ``#7``, ``'7``, ``1E+3``, digits of any script. Anything else is in NFKC and trimmed;
    ``3.1`` and ``3.10`` stay two ids.
    """
    plain = without_formula(text or "")
    before = None
    while plain != before:  # what is taken out may leave letter and accent side by side
        before, plain = plain, compatible(trimmed(plain)).translate(_UNSEEN)
        plain = without_formula(plain)
    number = _in_ascii(plain)
    found = _WHOLE.fullmatch(trimmed(number[number[:1] in ("#", "'") :]))
    if found is None:
        return _written_out(number) or plain
    whole = found["plain"] or found["grouped"] or found["dotted"]
    return re.sub(r"\D", "", whole).lstrip("0") or "0"


def _written_out(text: str) -> str:
    """A whole number without its exponent, '' for what is none."""
    found = _SCIENTIFIC.fullmatch(text)
    return str(int(found[1]) * 10 ** int(found[2] or 0)) if found else ""


def without_formula(text: str) -> str:
    """``text`` trimmed and without ``="…"`` around it."""
    before = None
    while text != before:
        before, text = text, trimmed(text)
        if formula := _FORMULA.fullmatch(text):
            text = formula[1]
    return text


def _in_ascii(text: str) -> str:
    """``text`` with the digits of every script as ours."""
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def compare_key(text: str | None) -> str:
    """A name, an e-mail cell or a type as it is compared: NFKC, casefolded, without white space
    and characters that nobody sees; '' for none. Accents stay: Jose is not José."""
    return _folded(text, _UNSEEN)


def made_id_key(text: str) -> str:
    """What a row id is made of: as :meth:`compare_key` was when the first ids were made."""
    return _folded(text, _UNSEEN_IN_MADE_IDS)


def _folded(text: str | None, unseen: dict[int, int | None]) -> str:
    key = text or ""
    before = None
    while key != before:  # what is taken out may leave letter and accent side by side
        before, key = key, compatible(key).casefold().translate(unseen)
        key = "".join(key.split())
    return key


def email_address(cell: str | None) -> str:
    """The first e-mail address in a cell, without the words and signs around it; '' for none.

    In NFKC and lower case, for two rows may share an inbox; unlike ``compare_key`` it stays an
    address that mail goes to (ß is no ss).
    """
    plain = compatible(cell or "").translate(_UNSEEN).lower()
    found = _ADDRESS.search(plain)
    return found[0].strip("'") if found else ""
