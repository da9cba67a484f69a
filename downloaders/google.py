"""What Drive and Docs have in common: hosts, names and the pages that say no."""

import re
from contextlib import suppress
from email.message import Message
from urllib.parse import unquote

import urllib3
from lxml import html

from downloaders.http import Hosts
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


def filename_of(response: urllib3.BaseHTTPResponse) -> str | None:
    """The name in Content-Disposition, RFC 6266, as data. None without one."""
    header = response.headers.get("Content-Disposition", "")
    if extended := re.search(r"filename\*=\s*utf-8''([^;\s]+)", header, re.IGNORECASE):
        name = unquote(extended[1], errors="replace")
    else:
        message = Message()
        message["Content-Disposition"] = header
        name = message.get_filename() or ""
        with suppress(UnicodeError):  # headers are read as latin-1, and Google writes UTF-8
            name = name.encode("latin-1").decode("utf-8")
    return name.replace("\x00", "")[:255] or None


def mime_of(response: urllib3.BaseHTTPResponse) -> str:
    """The media type without its parameters, lower case."""
    value = response.headers.get("Content-Type", "application/octet-stream")
    return value.partition(";")[0].strip().lower()


def parse(page: str) -> html.HtmlElement:
    """The tree of ``page``, an empty one for an empty page."""
    return html.fromstring(page or "<html></html>")
