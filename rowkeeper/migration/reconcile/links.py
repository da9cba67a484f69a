"""Does the table ``links`` have each link of the sources? A plain scan of every raw cell says so.

It shares nothing with what finds links for the tables: a marker (a scheme, ``www.`` or
a known host) that no link of the row's in the table covers is a link that was passed over.
"""

import json
import re
from collections.abc import Iterator, Sequence

_SCHEME = r"(?:https?(?:://|%3a%2f%2f)|mailto:|[a-z][a-z0-9+.-]{0,15}://)"
_KNOWN = (
    r"(?:youtu\.be|(?:youtube(?:-nocookie)?|youtubekids)\.com|dai\.ly|(?:vimeo|loom|dailymotion)\.com"
    r"|(?:drive|docs|sheets|slides|spreadsheets)\.google\.com|lh3\.googleusercontent\.com)/"
)
MARKER = re.compile(
    rf"(?:https?(?:://|%3a%2f%2f)|www\.|(?:m\.|music\.)?{_KNOWN})(?!{_SCHEME})[^\W_]", re.IGNORECASE
)
BEGINS = re.compile(rf"{_SCHEME}|www\.|{_KNOWN}", re.IGNORECASE)
"""What the address before it ends at, also where nothing follows."""
GOES_ON = re.compile(
    r"(?:&amp;|(?!_x00[01]|&(?:[a-z]{2,6}|#\w{1,7});)[/?=&%+_-])*[^\W_]", re.IGNORECASE
)
"""Whether an address goes on: with a letter or digit that is no part of an escape."""


def silent_links(cells: str, known: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The column and the beginning of each link in a row's cells that ``known`` does not cover.

    ``cells`` is the row as raw has it, in JSON; ``known`` its links as found, longest first.
    """
    for column, text in _texts(cells):
        rest = _without(text, known)
        end = 0
        for marker in MARKER.finditer(rest):
            if marker.start() >= end:
                shown = rest[marker.start() : marker.start() + 80].split()[0]
                end = marker.start() + len(shown)
                yield column, shown


def _texts(cells: str) -> Iterator[tuple[str, str]]:
    """Each text and each address in the cells of a row, with its column's title or number."""
    for number, cell in enumerate(json.loads(cells or "[]"), 1):
        if isinstance(cell, dict):
            title = cell["title"] or f"column {number}"
            yield from ((title, text) for text in (cell["text"], *cell["links"]))
        else:
            yield f"column {number}", cell


def _without(text: str, known: Sequence[str]) -> str:
    """``text`` with the links in ``known`` blanked, unless one goes on further than that link."""
    before = None
    while text != before:
        before = text
        for url in known:
            text = _blanked(text, url)
    return text


def _blanked(text: str, url: str) -> str:
    at = text.find(url)
    while url and at >= 0:
        end = at + len(url)
        if end == len(text) or not GOES_ON.match(text, end) or BEGINS.match(text, end):
            text = text[:at] + " " * len(url) + text[end:]
        at = text.find(url, end)
    return text
