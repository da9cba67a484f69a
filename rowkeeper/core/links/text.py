"""The links in a text, as somebody wrote or pasted them."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

from rowkeeper.core.links.wrappers import with_scheme
from rowkeeper.core.text import INVISIBLE

if TYPE_CHECKING:
    from linkify_it import LinkifyIt

_KNOWN = (
    r"(?:(?:m|music|gaming|studio|consent)\.)?(?:youtube(?:-nocookie)?|youtubekids)\.com|youtu\.be"
    r"|(?:drive|docs|sheets|slides|drive\.usercontent)\.google\.com"
)
_SCHEME = (
    r"https?:/{2,}|https?%3a%2f%2f|mailto:"
    r"|(?<![a-z0-9])(?![a-z0-9+.-]*https?:/)[a-z][a-z0-9+.-]{1,15}://"
)
_START = re.compile(
    rf"{_SCHEME}|(?<![a-z0-9_@])(?:{_KNOWN})(?![a-z0-9_@.-])"
    rf"|www\.(?=[^\W_])|(?P<glued>(?:{_KNOWN})/)",
    re.IGNORECASE,
)
"""Where a link begins: a scheme, 'www.', or a host that is known without either."""

_WHOLE = re.compile(
    r"[/=](?:[\w-]{11}|[\w-]{25,}|view|edit|preview|sharing|share_link|drive_link|drivesdk)$"
)
"""How a link ends that may be followed by a known host without a gap."""

_QUOTES = '"`“”„‟«»‹›‘’‚‛'
_FULL_WIDTH = "。，、；：！？（）［］【】「」『』《》〈〉｜"
_TOKEN = re.compile(rf"(?:[^\s|<>{_QUOTES}{_FULL_WIDTH}{INVISIBLE}\[]|\[(?!/))+")
"""What may hold links: none goes on past one of these signs or a forum's closing tag, [/url]."""

_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtvf])|(/))"
    r"|_x(00[01][0-9A-Fa-f])_|&(?:(?:amp;)+|#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-z]{2,6};)"
)
"""A character as JSON, Excel and HTML write it."""
_ENTITIES = frozenset({"quot", "lt", "gt", "nbsp", "apos", "sol", "colon", "equals", "quest"})
_FILE_ENDINGS = frozenset({"mov", "zip"})  # more often that than a domain
_IN_PATH = re.compile(r"(?:[/?]|__)(?:[\w-]+\.)*$")
"""What stands before the address that such a site wraps."""
_LONGEST = 4096
"""The characters of a link within which an address may be a part of it."""
_PARAMETER = re.compile(r"[?&#][\w.%\[\]-]*=$")
_IN_HOST = re.compile(r"[\w.@:-]*")
_BEFORE_HOST = re.compile(r"(?::/+|%(?!0[9ad]|20)[0-9a-f]{2})(?:[\w-]+\.)*$", re.IGNORECASE)
_DOT = re.compile(r"\.(?::\d+)?[/?#]")
"""The dot that may end a host, before the rest of the link."""
_BULLET = re.compile(r"(?:(?:[\W_]|\d{1,2}[.)])(?<!/)|\w+[:=](?!\d))+")
"""What may stand before an address without a start of its own: a mark, a word and a colon."""
_BARE = re.compile(r"\w\.\w+[/?#]")
_TAIL = ".,;:!?*…·\\'~"
_PATH_WRAPPERS = re.compile(
    r"https?://(?:web\.archive\.org/web/|urldefense\.(?:com|us)/v3/|secure-web\.cisco\.com/"
    r"|(?:www\.)?google\.[a-z.]{2,6}/amp/|[\w-]+\.cdn\.ampproject\.org/"
    r"|(?:href\.li|anon(?:ym)?\.to|nullrefer\.com)/\?)",
    re.IGNORECASE,
)
"""Sites that have the address that they wrap in their path, or as their whole query."""


def find_links(text: str) -> list[str]:
    """The links in ``text``, as they stand in it and in order.

    Found in sentences, brackets, quotes, markdown, formulas and lists, also where links follow each
    other without a gap. Written escapes (a line end as ``\\n`` or ``\\u000b``, ``&amp;``) count as
    what they stand for. An address inside the query of another is part of that one.
    """
    plain, places = _unescaped_with_places(text)
    return [text[places[start] : places[end]] for start, end in _spans(plain)]


def unescaped(url: str) -> str:
    """``url`` as a browser would open it: escapes such as '&amp;' and '\\u003d' undone, a scheme
    given."""
    return with_scheme(_ESCAPE.sub(lambda found: _meant(found).strip() or found[0], url))


def _unescaped_with_places(text: str) -> tuple[str, list[int]]:
    """``text`` with written escapes undone, and where each of its characters stood, and the end."""
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        pieces += (text[at : found.start()], _meant(found))
        places += range(at, found.start() + 1)
        at = found.end()
    pieces.append(text[at:])
    places += range(at, len(text) + 1)
    return "".join(pieces), places


def _meant(escape: re.Match[str]) -> str:
    """What an escape stands for; a blank for a character that ends a link anyway."""
    if escape[4]:
        return "/"
    if escape[0].startswith("&"):
        name = escape[0][1:-1]
        plain = unescape(escape[0]) if "#" in name or name in _ENTITIES else escape[0]
        char = "&" if name.startswith("amp") else plain
    else:
        code = escape[1] or escape[2] or escape[5]
        char = chr(int(code, 16)) if code else " "
    return char if char.isprintable() else " "


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for token in _TOKEN.finditer(text):
        for start, end in _links_in(token[0]):
            yield token.start() + start, token.start() + end


def _links_in(token: str) -> list[tuple[int, int]]:
    """Where the links of ``token`` are; what follows a link, as behind a bracket, is looked through
    anew."""
    spans: list[tuple[int, int]] = []
    left = [(0, len(token))]
    while left:
        begin, stop = left.pop()
        for start, end in _segments(token[begin:stop]):
            last = 0
            for first, last in _links_of(token[begin + start : begin + end]):
                at = begin + start + first
                marks = at - len(token[:at].rstrip("_"))  # markdown's emphasis
                link = token[at : begin + start + last]
                spans.append((at, at + len(link.removesuffix("_" * marks))))
            if last:
                left.append((begin + start + last, begin + end))
    return sorted(spans)


def _segments(token: str) -> Iterator[tuple[int, int]]:
    """The pieces of ``token`` with one link at most in each that has a start of its own."""
    cuts = [0]
    begun = _START.match(token)
    for found in _START.finditer(token, 1):
        if not _is_inside(begun, token[cuts[-1] : found.start()], found):
            cuts.append(found.start())
            begun = found
    yield from zip(cuts, [*cuts[1:], len(token)], strict=True)


def _is_inside(begun: re.Match[str] | None, before: str, found: re.Match[str]) -> bool:
    """Does the link that ``before`` begins go on: is ``found`` a part of its query or path?"""
    if begun is None or begun["glued"]:
        return found["glued"] is not None and not before.endswith("@")
    if begun[0].lower() == "mailto:":
        return False
    if len(before) > _LONGEST or _is_closed(before):
        return False
    if _PARAMETER.search(before) or (_PATH_WRAPPERS.match(before) and _IN_PATH.search(before)):
        return True
    if "%" in found[0]:
        return _BEFORE_HOST.search(before) is not None
    if ":" in found[0]:
        return False
    if _IN_HOST.fullmatch(before[len(begun[0]) :]) or _BEFORE_HOST.search(before):
        return True
    return found["glued"] is not None and not _WHOLE.search(before)


def _is_closed(before: str) -> bool:
    """Whether a bracket closes in ``before`` that it does not open."""
    return any(before.count(pair[1]) > before.count(pair[0]) for pair in ("()", "[]", "{}"))


def _links_of(segment: str) -> Iterator[tuple[int, int]]:
    """Where the links of a segment are, without the punctuation of the sentence around them: the
    one that it begins with, or those without a start of their own."""
    explicit = _START.match(segment)
    if explicit:
        spans = _found(segment)[:1]
        if not spans or spans[0][0] or _DOT.match(segment, spans[0][1]):
            spans = [(0, len(segment))]  # a shape that the finder does not know
    elif _BARE.search(segment):
        bullet = _BULLET.match(segment)
        at = bullet.end() if bullet else 0
        spans = [(at + start, at + end) for start, end in _found(segment[at:])]
        spans = [span for span in spans if _BARE.search(segment[slice(*span)])]
    else:
        return
    for start, end in spans:
        link = _without_tail(segment[start:end])
        if explicit is None or len(link) > explicit.end() or "." in explicit[0]:
            yield start, start + len(link)


def _found(text: str) -> list[tuple[int, int]]:
    return [(match.index, match.last_index) for match in _finder().match(text) or []]


def _without_tail(link: str) -> str:
    """``link`` without the signs of a sentence or a list behind it."""
    end = _first_unopened(link)
    while end and (link[end - 1] in _TAIL or _is_sign(link[end - 1])):
        end -= 1
    return link[:end]


def _first_unopened(link: str) -> int:
    """Where a bracket closes that ``link`` does not open: its end, at the latest."""
    opened: list[str] = []
    for place, char in enumerate(link):
        if char in "([{":
            opened.append(char)
        elif char in ")]}" and (not opened or opened.pop() + char not in ("()", "[]", "{}")):
            return place
    return len(link)


def _is_sign(char: str) -> bool:
    """Whether a character is a dot, an arrow or a picture beyond ASCII, which ends no address."""
    return char == "\ufe0f" or (not char.isascii() and unicodedata.category(char)[0] in "CPSZ")


@cache
def _finder() -> "LinkifyIt":
    from linkify_it import LinkifyIt
    from linkify_it.tlds import TLDS

    finder = LinkifyIt(options={"fuzzy_email": False})
    return finder.tlds([name for name in TLDS if name.lower() not in _FILE_ENDINGS], True)
