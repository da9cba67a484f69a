"""The tabs that a published page only names in its script and shows in frames of their own."""

import json
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from loaders.page import Page
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import encodable

_STRING = r'"((?:[^"\\]++|\\.)*+)"'
_ITEM = re.compile(rf"items\.push\(\{{name: {_STRING}, pageUrl: {_STRING}, gid: {_STRING}")


@dataclass(frozen=True)
class Frame:
    """One tab: where its rows are, as a URL of the page's own site."""

    gid: str
    title: str
    url: str


def read_frames(page: Page) -> list[Frame]:
    """The tabs that ``page`` shows in frames, none when it holds its rows itself.

    Raises ``InputError`` when a frame is of another site or the page is a saved file.
    """
    text = page.body.decode("utf-8", errors="replace")
    if re.search(r"<table\b", text):
        return []
    try:
        frames = [
            Frame(_unquoted(gid), _unquoted(title), urljoin(page.url, _unquoted(url)))
            for title, url, gid in _ITEM.findall(text)
        ]
    except ValueError as error:
        raise InputError(
            f"The sheet {page.source} has a tab at what is no address: publish it anew, or give a "
            "saved CSV or XLSX of it."
        ) from error
    site = urlsplit(page.url)[:2]
    if frames and site[0] == "file":
        raise InputError(
            f"The saved sheet {page.source} holds no rows, only frames: give the published page's "
            "URL, or save the frame of the people tab."
        )
    if any(urlsplit(frame.url)[:2] != site for frame in frames):
        raise InputError(
            f"The sheet {page.source} shows tabs of another site, which are not fetched: give the "
            "URL of the published page itself."
        )
    return frames


def _unquoted(text: str) -> str:
    """The value of a JavaScript string literal, given without its quotes."""
    text = re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", text).replace("\\'", "'")
    try:
        return encodable(str(json.loads(f'"{text}"', strict=False)))
    except ValueError:
        return text
