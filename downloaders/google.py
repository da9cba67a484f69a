"""What Drive and Docs have in common: hosts, names and the pages that say no."""

import re

from lxml import html

from downloaders.hosts import Hosts
from rowkeeper.errors import PermanentError

HOSTS = Hosts(
    allowed=frozenset(
        {
            "drive.google.com",
            "docs.google.com",
            "drive.usercontent.google.com",
            ".googleusercontent.com",
        }
    ),
    sign_in=frozenset({"accounts.google.com"}),
)
MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{5,128}")


def checked_id(media_id: str) -> str:
    """``media_id`` if it can be one of Google's; else raises ``PermanentError``."""
    if not MEDIA_ID.fullmatch(media_id):
        raise PermanentError("bad_link", "The link holds no valid Google id.")
    return media_id


def parse(page: str) -> html.HtmlElement:
    """The tree of ``page``, an empty one for an empty page."""
    return html.fromstring(page or "<html></html>")
