"""The links in a text, as somebody wrote or pasted them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from rowkeeper.core.text import ZERO_WIDTH

if TYPE_CHECKING:
    from linkify_it import LinkifyIt

_KNOWN = (
    r"(?:(?:m|music|gaming|studio|consent)\.)?(?:youtube(?:-nocookie)?|youtubekids)\.com|youtu\.be"
    r"|(?:drive|docs|sheets|slides|drive\.usercontent)\.google\.com"
)
_NUMBER = r"(?<=\b\d\.)|(?<=\b\d\d\.)"  # of an item in a list
_SLASHES = "|".join(f"(?<={start})" for start in ("http:/", "https:/", "http//", "https//"))
_START = re.compile(
    rf"https?:/{{2,}}|mailto:|(?:(?<![\w.@/])(?<!\w-)|{_NUMBER}|{_SLASHES})(?:{_KNOWN})(?![\w@.-])"
    rf"|(?:(?<![/.@])(?<!\w-)|{_NUMBER})www\.[\w-]+\.[a-z]{{2,}}",
    re.IGNORECASE,
)
"""Where a link begins: a scheme, 'www.', or a host that is known without either."""

_QUOTES = '"`“”„‟«»‹›‘’‚‛'
_FULL_WIDTH = "。，、；：！？（）［］【】「」『』《》〈〉｜"
_TOKEN = re.compile(rf"[^\s|<>{_QUOTES}{_FULL_WIDTH}{ZERO_WIDTH}]+")
"""What may hold links: no link goes on past one of these signs."""

_ESCAPE = re.compile(
    r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtvf])|(/))|&(?:(?:amp;)+|quot;|lt;|gt;|nbsp;)"
)
_ENTITIES = {"&quot;": '"', "&lt;": "<", "&gt;": ">", "&nbsp;": " "}
_TAIL = ".,;:!?*…·\\'"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PATH_WRAPPERS = re.compile(
    r"https?://(?:web\.archive\.org/web/|urldefense\.(?:com|us)/v3/|secure-web\.cisco\.com/)",
    re.IGNORECASE,
)
"""Sites that have the address that they wrap in their path."""


def find_links(text: str) -> list[str]:
    """The links in ``text``, as they stand in it and in order.

    Found in sentences, brackets, quotes, markdown, formulas and lists, also where links follow each
    other without a gap. Written escapes (a line end as ``\\n`` or ``\\u000b``, ``&amp;``) count as
    what they stand for. An address inside the query of another is part of that one.
    """
    plain, places = _unescaped_with_places(text)
    return [text[places[start] : places[end]] for start, end in _spans(plain)]


def unescaped(url: str) -> str:
    """``url`` as a browser would open it: '&amp;' and JSON's '\\u003d' undone, a scheme given."""
    while "&amp;" in url:
        url = url.replace("&amp;", "&")
    url = re.sub(r"\\u00([2-7][0-9a-fA-F])", lambda match: chr(int(match[1], 16)), url)
    url = re.sub(r"\\+/", "/", url)
    return url if _SCHEME.match(url) else f"https://{url.lstrip('/')}"


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
    """The one character that an escape stands for; a blank for one that ends a link anyway."""
    if escape[4]:
        return "/"
    if code := escape[1] or escape[2]:
        char = chr(int(code, 16))
        return char if char.isprintable() else " "
    return " " if escape[3] else _ENTITIES.get(escape[0], "&")


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for token in _TOKEN.finditer(text):
        for start, end in _segments(token[0]):
            segment = token[0][start:end]
            for first, last in _links_of(segment):
                mark = token[0][start + first - 1] if start + first else ""
                marked = segment[first:last].endswith("_") and mark == "_"  # markdown's emphasis
                length = len(segment[first:last].rstrip("_")) if marked else last - first
                yield token.start() + start + first, token.start() + start + first + length


def _segments(token: str) -> Iterator[tuple[int, int]]:
    """The pieces of ``token`` with one link at most in each that has a start of its own."""
    cuts = [0]
    for found in _START.finditer(token):
        if found.start() and not _is_inside(token[cuts[-1] : found.start()]):
            cuts.append(found.start())
    yield from zip(cuts, [*cuts[1:], len(token)], strict=True)


def _is_inside(before: str) -> bool:
    """Does the link that ``before`` begins go on: is what follows a part of its query or path?"""
    begun = _START.match(before)
    if begun is None:
        return False
    in_query = before.endswith(("=", "?")) and re.search(r"[?#]", before) is not None
    is_own_host = begun.end() == len(before)
    return in_query or is_own_host or _PATH_WRAPPERS.match(before) is not None


def _links_of(segment: str) -> Iterator[tuple[int, int]]:
    """Where the links of a segment are, without the punctuation of the sentence around them."""
    explicit = _START.match(segment)
    if explicit is None and not re.search(r"\w\.\w+/", segment):
        return
    found = _finder().match(segment) or []
    spans = [(match.index, match.last_index) for match in found]
    if explicit is None:
        spans = [span for span in spans if re.search(r"[^/]/", segment[slice(*span)])]
    elif not spans or spans[0][0]:  # an address of a shape that the finder does not know
        spans = [(0, len(segment.rstrip(")]}")))]
    for start, end in spans:
        link = segment[start:end].rstrip(_TAIL)
        if explicit is None or len(link) > explicit.end() or "." in explicit[0]:
            yield start, start + len(link)


@cache
def _finder() -> "LinkifyIt":
    from linkify_it import LinkifyIt

    return LinkifyIt(options={"fuzzy_email": False})
