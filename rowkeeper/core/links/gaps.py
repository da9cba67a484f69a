"""Addresses with a blank or a line end inside, as a mail program or a slip of the hand leaves them.

What follows a gap belongs to the address before it where that names nothing, or has an id shorter
than any, and both together name something. Else it is the next word. Ids of these sites can't be
guessed, so two words that make one by chance lead to nothing of anybody's.
"""

import re

from rowkeeper.core.links.classify import classify
from rowkeeper.core.links.google import ID_LENGTHS, may_be_whole
from rowkeeper.core.links.link import Link

_GAP = re.compile(r"(?:\s|\\[nrt])+")
_PIECE = re.compile(r"\s{1,40}([^\s|<>\"]{1,200})")
_MOST_GAPS = 3
_ID = re.compile(r"[\w-]+", re.ASCII)
_AFTER_ID = re.compile(
    r"/(?:view|edit|preview|copy|pub|export|mobilebasic|present|html|embed)"
    r"|[?&#](?:usp|resourcekey|id|gid|si|index|feature|authuser|export)="
)
"""What an address has behind an id, and no sentence behind a word."""
_CLOSING = ".,;:!?)]}'"
"""What ends a sentence or a bracket that an address stands in."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_LENGTHS = {
    "drive": ID_LENGTHS,
    "docs": ID_LENGTHS,
    "youtube": frozenset({11, 13, 18, 24, 26, 34, 41}),  # of a video, the others of lists
}


def end_beyond_gaps(text: str, start: int, end: int, stop: int) -> int:
    """Where the address at ``text[start:end]`` ends, at ``stop`` at the latest, if gaps are in it;
    ``end`` where there are none."""
    if end >= stop or not text[end].isspace():
        return end
    link = classify(text[start:end])
    if link.link_type in ("no_id", "furniture"):
        return _end_of_rest(text, start, end, stop)
    is_cut = not _is_whole(link) and text[start:end].endswith(link.media_id)
    return _end_of_id(text, end, stop, link) if is_cut else end


def without_gaps(url: str) -> str:
    """``url`` in one piece, if what stands behind its gaps belongs to it; else as it is."""
    plain = _GAP.sub(" ", url.strip())
    head = plain.partition(" ")[0]
    if head == plain:
        return url
    end = end_beyond_gaps(plain, 0, len(head), len(plain))
    return plain[:end].replace(" ", "") if end > len(head) else url


def _is_whole(link: Link) -> bool:
    """Whether the id of ``link`` is as long as one of its kind, as far as anybody knows."""
    lengths = _LENGTHS.get(link.provider, frozenset({0}))
    return may_be_whole(len(link.media_id.partition(",")[0]), lengths)


def _end_of_rest(text: str, start: int, end: int, stop: int) -> int:
    """Behind an address that names nothing: the end of what it names with the next piece."""
    head, piece = text[start:end], _PIECE.match(text, end, stop)
    if piece is not None and piece[1] == "/":  # with a blank before it and behind it
        head, piece = f"{head}/", _PIECE.match(text, piece.end(), stop)
    if piece is None or _WORD.fullmatch(rest := piece[1].rstrip(_CLOSING)):
        return end
    whole = classify(head + rest)
    names = whole.provider in _LENGTHS and whole.asset_kinds and _is_whole(whole)
    return piece.start(1) + len(rest) if names else end


def _end_of_id(text: str, end: int, stop: int, link: Link) -> int:
    """Behind an id that is too short: the end of the address that has the rest of it."""
    size, at = len(link.media_id), end
    for _ in range(_MOST_GAPS):
        piece = _PIECE.match(text, at, stop)
        more = _ID.match(piece[1]) if piece else None
        if piece is None or more is None:
            return end
        size += more.end()
        rest = piece[1][more.end() :].rstrip(_CLOSING)
        at = piece.start(1) + more.end() + len(rest)
        is_rest = size in _LENGTHS[link.provider] and not _WORD.fullmatch(more[0])
        if is_rest or _AFTER_ID.match(rest):
            return at
        if rest:
            return end
    return end
