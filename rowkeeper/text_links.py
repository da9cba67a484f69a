"""The links in a text, as somebody wrote or pasted them."""

import re

from rowkeeper.text import trimmed

_START = r"(?:https?://|mailto:|www\.)"
_PARTING = re.compile(rf"[|\s]+|[;,](?=['\"]?{_START})", re.IGNORECASE)
_URL = re.compile(rf"{_START}\S|(?:[\w-]+\.)+[a-z]{{2,}}/\S", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def split_links(cell: str) -> list[str]:
    """The links in the text of a cell, as found and in order.

    They may be parted by '|', ',', ';' or white space; a comma inside a link stays. Words, '-' and
    the other signs for nothing are no links.
    """
    pieces = (piece.strip("'\"[]<>,;") for piece in _PARTING.split(cell))
    return [trimmed(piece) for piece in pieces if _URL.match(trimmed(piece))]


def unescaped(url: str) -> str:
    """``url`` as a browser would open it: '&amp;' and JSON's '\\u003d' undone, a scheme given."""
    while "&amp;" in url:
        url = url.replace("&amp;", "&")
    url = re.sub(r"\\u00([2-7][0-9a-fA-F])", lambda match: chr(int(match[1], 16)), url)
    return url if _SCHEME.match(url) else f"https://{url}"
