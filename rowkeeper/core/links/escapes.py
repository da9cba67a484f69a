"""The characters of links as JSON, Excel and HTML write them, and what nobody sees in them."""

import re
from html import unescape

from rowkeeper.core.links.classify import KNOWN_HOSTS
from rowkeeper.core.links.gaps import without_gaps
from rowkeeper.core.links.wrappers import with_scheme
from rowkeeper.core.text import INVISIBLE

_KNOWN = "|".join(map(re.escape, sorted(KNOWN_HOSTS)))
_PARTS = re.compile(f"[{INVISIBLE}]+")
_BROKEN = re.compile(
    rf"(?:{_KNOWN})(?=/)[^\s{INVISIBLE}]{{0,200}}?[/=]"
    rf"((?:[\w-]*[{INVISIBLE}]++(?!(?:{_KNOWN})/|https?:|www\.))+[\w-]+)",
    re.IGNORECASE | re.ASCII,
)
"""An id, or its beginning, with characters in it that nobody sees."""
_ID_LENGTHS = frozenset({11, 33, 44})

_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtf]|v(?!imeo\.))|(/))"
    r"|_x(00[01][0-9A-Fa-f])_|&(?:(?:amp;)+|#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-z]{2,6};)"
)
"""A character as JSON, Excel and HTML write it."""
_BACKSLASHES = re.compile(r"https?:\\\\(?=\w)[^\s\"<>|]*", re.IGNORECASE)
"""An address with the slashes of Windows, which a browser takes for its own."""
_ENTITIES = frozenset({"quot", "lt", "gt", "nbsp", "apos", "sol", "colon", "equals", "quest"})


def unescaped(url: str) -> str:
    """``url`` as a browser would open it: escapes such as '&amp;' and '\\u003d' undone, a scheme
    given."""
    plain = _ESCAPE.sub(lambda match: _meant(match).strip() or match[0], _with_slashes(url))
    return without_gaps(with_scheme(_PARTS.sub("", plain)))


def _with_slashes(text: str) -> str:
    return _BACKSLASHES.sub(lambda match: match[0].replace("\\", "/"), text)


def may_be_escaped(text: str) -> bool:
    """Whether :func:`unescaped_with_places` may find anything in ``text``: told in no time."""
    written = "&" in text or "\\" in text or "_x00" in text
    return written or (not text.isascii() and _PARTS.search(text) is not None)


def unescaped_with_places(text: str) -> tuple[str, list[int]]:
    """``text`` with written escapes undone, and where each of its characters stood, and the end."""
    text = _with_slashes(text)
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        meant = _meant(match)
        pieces += (text[at : match.start()], meant)
        places += range(at, match.start() + 1 if meant != match[0] else match.end())
        at = match.end()
    pieces.append(text[at:])
    places += range(at, len(text) + 1)
    return _without_unseen("".join(pieces), places)


def _without_unseen(text: str, places: list[int]) -> tuple[str, list[int]]:
    """``text`` and ``places`` without the unseen characters that stand in ids of known hosts."""
    kept: list[tuple[int, int]] = []
    at = 0
    for match in _BROKEN.finditer(text):
        first, whole = _PARTS.split(match[1])[0], _PARTS.sub("", match[1])
        if not first or (len(first) not in _ID_LENGTHS and len(whole) in _ID_LENGTHS):
            for unseen in _PARTS.finditer(text, match.start(1), match.end(1)):
                kept.append((at, unseen.start()))
                at = unseen.end()
    if not kept:
        return text, places
    kept.append((at, len(places)))
    return (
        "".join(text[begin:end] for begin, end in kept),
        [place for begin, end in kept for place in places[begin:end]],
    )


def _meant(escape: re.Match[str]) -> str:
    """What an escape stands for, a character; a blank for one that ends a link anyway; the escape
    itself where it is none that a link may have."""
    if escape[4]:
        return "/"
    if escape[0].startswith("&"):
        name = escape[0][1:-1]
        plain = unescape(escape[0]) if "#" in name or name in _ENTITIES else escape[0]
        char = "&" if name.startswith("amp") else plain
    else:
        code = escape[1] or escape[2] or escape[5]
        char = chr(int(code, 16)) if code else " "
    return char if char and char.isprintable() else " "
