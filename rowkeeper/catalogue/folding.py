"""Texts as they are searched: without accents, and with each sign by itself where a language writes
no spaces. The site's ``site.js`` folds in the same way; FTS5 folds the case.
"""

import re
from unicodedata import normalize

SEPARATOR = "\u2063"
"""Stands in the index between such signs, shows nowhere, and parts words for FTS5."""
BASES = dict(zip("łŁđĐøØħĦŧŦıς", "lLdDoOhHtTiσ", strict=True))
"""Letters that Unicode does not take apart, or that are one letter in two forms."""
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana, Han; and Hangul, whose words have endings joined to them."""
_EDGE = re.compile(f"(?=[{UNSPACED}])|(?<=[{UNSPACED}])")


def indexed(text: str) -> str:
    """``text`` as the index has it. Without its ``SEPARATOR``, it has as many characters."""
    if text.isascii():
        return text
    return _EDGE.sub(SEPARATOR, text.translate(_folded)).strip(SEPARATOR)


class _Folded(dict[int, str]):
    """Code point -> the one character that it is searched as."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = normalize("NFKC", char)
        apart = normalize("NFD", plain if len(plain) == 1 else char)
        is_accented = all("\u0300" <= mark <= "\u036f" for mark in apart[1:])
        folded = BASES.get(apart[0], apart[0]) if is_accented else char
        self[code] = folded
        return folded


_folded = _Folded({ord(SEPARATOR): " "})
