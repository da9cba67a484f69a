"""The links in a text, as somebody wrote or pasted them."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from rowkeeper.core.links.classify import KNOWN_HOSTS
from rowkeeper.core.links.escapes import may_be_escaped, unescaped_with_places
from rowkeeper.core.links.gaps import end_beyond_gaps
from rowkeeper.core.links.link import LONGEST_LINK
from rowkeeper.core.text import INVISIBLE

if TYPE_CHECKING:
    from linkify_it import LinkifyIt

_KNOWN = "|".join(map(re.escape, sorted(KNOWN_HOSTS)))
_SCHEME = (
    r"https?:/{2,}|https?%(?:25)*3a(?:/|%(?:25)*2f){2}|mailto:|vnd\.youtube:(?=[\w/])"
    r"|(?<![a-z0-9])(?![a-z0-9+.-]{0,16}https?:/)[a-z][a-z0-9+.-]{1,15}://"
)
_START = re.compile(
    rf"{_SCHEME}|(?:(?<![a-z0-9_@])|(?<=%20)|(?<=%0[9ad]))(?:{_KNOWN})(?![a-z0-9_@.-])"
    rf"|www\.(?=[^\W_])|(?P<glued>(?:{_KNOWN})/)",
    re.IGNORECASE,
)
"""Where a link begins: a scheme, 'www.', or a host that is known without either."""
_GLUED = re.compile(rf"(?:{_KNOWN})/", re.IGNORECASE)

_MARK = re.compile(r"[.:%].", re.DOTALL)
"""What each link has in it: most words have not, and are not looked at."""

_ENDINGS = frozenset(f".{host.rpartition('.')[2]}" for host in KNOWN_HOSTS)
"""Of the known hosts: a text without one of them names none."""

_USUAL = re.compile(
    r"https?://(?:www\.)?(?:youtube\.com|youtu\.be|(?:drive|docs)\.google\.com)"
    r"/\w++(?:[/?=&-]\w++)*+",
    re.ASCII,
)
"""A cell that is one link, as most of those with links are, of the kind that every rule below
leaves as it is."""

_WHOLE = re.compile(
    r"[/=](?:[\w-]{11}|[\w-]{25,}|view|edit|preview|sharing|share_link|drive_link|drivesdk)$"
)
"""How a link ends that may be followed by a known host without a gap."""

_QUOTES = '"`“”„‟«»‹›‘’‚‛'
_FULL_WIDTH = "。，、；：！？（）［］【】「」『』《》〈〉｜"
_TOKEN = re.compile(rf"(?:[^\s|<>{_QUOTES}{_FULL_WIDTH}{INVISIBLE}\[]|\[(?!/))+")
"""What may hold links: none goes on past one of these signs or a forum's closing tag, [/url]."""

_FILE_ENDINGS = frozenset({"mov", "zip"})  # more often that than a domain
_IN_PATH = re.compile(r"(?:[/?]|__)(?:[\w-]+\.)*$")
"""What stands before the address that such a site wraps."""
_LONGEST = 4096
"""The characters of a link within which an address may be a part of it."""
_MOST_INSIDE = 50
"""So many addresses, each in the one before it, are one link."""
_NEAR = 300
"""How far back what stands before an address is looked at."""
_PARAMETER = re.compile(r"[?&#][\w.%\[\]-]*=$")
_IN_HOST = re.compile(r"[\w.@:-]*")
_BEFORE_HOST = re.compile(
    r"(?::/+|%(?:25)*(?!0[9ad]|20)[0-9a-f]{2}/*|-3a__)(?:[\w-]+\.)*$", re.IGNORECASE
)
"""What stands before the host of an address within another, escaped once or more."""
_HOST = re.compile(r"(?:(?!https?[:%])(?:[^\W_]|[.-]))*", re.IGNORECASE)
_DOT = re.compile(r"\.(?::\d+)?[/?#]")
"""The dot that may end a host, before the rest of the link."""
_BULLET = re.compile(r"(?:(?:[\W_]|\d{1,2}[.)])(?<!/)|\w+[:=](?!\d))+")
"""What may stand before an address without a start of its own: a mark, a word and a colon."""
_BARE = re.compile(r"\w\.\w+[/?#]")
_TAIL = ".,;:!?*…·\\'~"
_PATH_WRAPPERS = re.compile(
    r"https?://(?:web\.archive\.org/web/|urldefense\.(?:com|us)/v3/|secure-web\.cisco\.com/"
    r"|protect\.checkpoint\.com/v\d+/|(?:www\.)?google\.[a-z.]{2,6}/amp/|[\w-]+\.cdn\.ampproject\.org/"
    r"|(?:href\.li|anon(?:ym)?\.to|nullrefer\.com)/\?)",
    re.IGNORECASE,
)
"""Sites that have the address that they wrap in their path, or as their whole query."""


def find_links(text: str, most: int | None = None) -> list[str]:
    """The links in ``text``, as they stand in it and in order; the first ``most``, if given.

    Found in sentences, brackets, quotes, markdown, formulas and lists, also where links follow each
    other without a gap. Written escapes (a line end as ``\\n`` or ``\\u000b``, ``&amp;``) count as
    what they stand for. An address inside the query of another is part of that one.
    """
    if _USUAL.fullmatch(text) and "_x00" not in text:
        return [text][:most]
    if not may_be_escaped(text):
        if not _may_hold_links(text):
            return []
        return [text[start:end] for start, end in islice(_whole_spans(text), most)]
    plain, places = unescaped_with_places(text)
    return [text[places[start] : places[end]] for start, end in islice(_whole_spans(plain), most)]


def _may_hold_links(text: str) -> bool:
    """Whether a link may be in ``text``: what most cells say is told from it in no time."""
    if ":" in text or "%" in text:
        return True
    if "." not in text:
        return False
    folded = text.casefold()
    return (
        "www." in folded
        or any(ending in folded for ending in _ENDINGS)
        or (("/" in text or "?" in text or "#" in text) and _BARE.search(text) is not None)
    )


def _whole_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the links of ``text`` are, those with gaps in them as a whole."""
    for (start, end), following in pairwise(chain(_spans(text), [(len(text), len(text))])):
        yield start, end_beyond_gaps(text, start, end, following[0])


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for token in _TOKEN.finditer(text):
        word = token[0]
        if not _MARK.search(word) or not (_BARE.search(word) or _START.search(word)):
            continue
        for start, end in _links_in(word):
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
                marks = _marks_before(token, at)  # markdown's emphasis
                link = token[at : begin + start + last]
                spans.append((at, at + len(link.removesuffix("_" * marks))))
            if last:
                left.append((begin + start + last, begin + end))
    return sorted(spans)


def _marks_before(token: str, at: int) -> int:
    """How many ``_`` stand right before a place of ``token``."""
    first = at
    while first and token[first - 1] == "_":
        first -= 1
    return at - first


def _segments(token: str) -> Iterator[tuple[int, int]]:
    """The pieces of ``token`` with one link at most in each that has a start of its own."""
    cuts, inside = [0], 0
    begun = _START.match(token)
    for opener in _START.finditer(token, begun.end() if begun else 1):
        before = token[max(cuts[-1], opener.start() - _LONGEST - 1) : opener.start()]
        inside += 1
        if inside > _MOST_INSIDE or not _is_inside(begun, before, opener):
            cuts.append(opener.start())
            begun, inside = opener, 0
    yield from zip(cuts, [*cuts[1:], len(token)], strict=True)


def _is_inside(begun: re.Match[str] | None, before: str, opener: re.Match[str]) -> bool:
    """Does the link that ``before`` begins go on: is ``opener`` a part of its query or path?"""
    if begun is None or begun["glued"]:
        return opener["glued"] is not None and not before.endswith("@")
    if begun[0].lower() == "mailto:":
        return False
    if len(before) > _LONGEST or _is_closed(before):
        return False
    near = before[-_NEAR:]
    if _PARAMETER.search(near) or (_PATH_WRAPPERS.match(before) and _IN_PATH.search(near)):
        return True
    if "%" in opener[0]:
        nothing = before[len(begun[0]) :].lower() in {"", "www."}  # the scheme stands twice
        return not nothing and _BEFORE_HOST.search(near) is not None
    if ":" in opener[0]:
        return False
    if _IN_HOST.fullmatch(before[len(begun[0]) :]) or _BEFORE_HOST.search(near):
        return True
    if opener[0].lower() == "www." and not _is_domain(opener.string, opener.end()):
        return True  # the end of an id, before that of a file
    return opener["glued"] is not None and not _WHOLE.search(near)


def _is_domain(text: str, at: int) -> bool:
    """Whether a name below a domain of IANA's list begins at a place of ``text``."""
    host = _HOST.match(text, at)
    *_, last = (host[0] if host else "").rstrip(".-").rsplit(".", 1)
    return last.lower() in _domains() or not last.isascii()


def _is_closed(before: str) -> bool:
    """Whether a bracket closes in ``before`` that it does not open."""
    return any(before.count(pair[1]) > before.count(pair[0]) for pair in ("()", "[]", "{}"))


def _links_of(segment: str) -> Iterator[tuple[int, int]]:
    """Where the links of a segment are, without the punctuation of the sentence around them: the
    one that it begins with, or those without a start of their own."""
    explicit = _START.match(segment)
    if explicit:
        spans = _found(segment[:LONGEST_LINK])[:1]
        start, end = spans[0] if spans else (1, 0)
        if start or end < explicit.end() or _DOT.match(segment, end):
            spans = [(0, len(segment))]  # a shape that the finder does not know
    elif len(segment) > LONGEST_LINK:
        return  # no word of anybody's
    elif _BARE.search(segment):
        bullet = _BULLET.match(segment)
        at = bullet.end() if bullet else 0
        spans = [(at + start, at + end) for start, end in _found(segment[at:])]
        spans = [span for span in spans if _BARE.search(segment[slice(*span)])]
        places = [] if spans else [known.start() for known in _GLUED.finditer(segment)]
        for begin, end in pairwise([*places, len(segment)]):
            inner = _links_of(segment[begin:end])
            yield from ((begin + first, begin + last) for first, last in inner)
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

    return LinkifyIt(options={"fuzzy_email": False}).tlds(sorted(_domains()), True)


@cache
def _domains() -> frozenset[str]:
    """The domains of IANA's list but those that are endings of files."""
    from linkify_it.tlds import TLDS

    return frozenset(name.lower() for name in TLDS) - _FILE_ENDINGS
