"""When two spellings mean the same row id, and when two texts are the same name or address.

These forms are for comparing only; what a source wrote is kept verbatim beside them.
"""

import re
import unicodedata

from rowkeeper.core.csv.legacy import is_nothing
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
_COUNTED = re.compile(
    r"(?:(?:row|line|no|nr|nro|num|number|id|zeile|nummer|fila|número|núm|ligne|numéro|linha|riga"
    r"|numero|rij|строка|номер)(?:\s(?:id|no|nr|number))?[\s.:#°]+|row[_-]?)(?=\d)",
    re.IGNORECASE,
)
"""A word that says of the number behind it that it counts rows: ``Row 6``, ``No. 6``. Other words
and single letters may be parts of codes, and so may words without a gap."""
_NUMBER_SIGN = re.compile(r"^\s*(?:№|n[º°])\s*(?=\d+\s*$)", re.IGNORECASE)
"""The same as a sign, of which a compatible form would make letters."""
_LISTED = re.compile(r"[(\[]?(\d.*?)[)\].:]?")
"""A number as lists have them: ``6.``, ``(6)``."""
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
"""How a text that looks like a number is kept from Excel."""


def row_id_key(text: str | None) -> str:
    """The normal form of a row id, '' for none and for each word for nothing (``nan``, ``#REF!``).

    A whole number counts by its value, however it is written: ``3.0``, ``004``, ``1,005``,
    ``="7"``, ``#7``, ``'7``, ``Row 7``, ``7.``, ``1E+3``, digits of any script. Anything else is in
    NFKC and trimmed; ``3.1`` and ``3.10`` stay two ids.
    """
    if text and text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    plain = without_formula(text or "")
    plain = _NUMBER_SIGN.sub("", plain)
    before = None
    while plain != before:  # what is taken out may leave letter and accent side by side
        before, plain = plain, compatible(trimmed(plain)).translate(_UNSEEN)
        plain = without_formula(plain)
    number = _in_ascii(plain)
    match = _WHOLE.fullmatch(_bare_number(number))
    if match is None:
        return _written_out(number) or ("" if is_nothing(plain) else plain)
    whole = match["plain"] or match["grouped"] or match["dotted"]
    return re.sub(r"\D", "", whole).lstrip("0") or "0"


def _bare_number(text: str) -> str:
    """``text`` without what may stand around a number that counts something."""
    bare = trimmed(text[text[:1] in ("#", "'") :])
    bare = bare[word.end() :] if (word := _COUNTED.match(bare)) else bare
    listed = _LISTED.fullmatch(bare)
    return listed[1] if listed else bare


def _written_out(text: str) -> str:
    """A whole number without its exponent, '' for what is none."""
    match = _SCIENTIFIC.fullmatch(text)
    return str(int(match[1]) * 10 ** int(match[2] or 0)) if match else ""


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
    if key.isascii():
        return "".join(key.lower().split())
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
    match = _ADDRESS.search(plain)
    return match[0].strip("'") if match else ""
