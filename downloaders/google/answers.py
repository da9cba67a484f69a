"""What Drive and Docs have in common: hosts, ids and the pages that say no."""

import re
from dataclasses import dataclass
from pathlib import Path

import urllib3
from lxml import etree, html

from downloaders.base import Request
from downloaders.google.rules import NOT_A_FILE, NOT_FOUND, PAGES, SORRY
from downloaders.http import mime_of, status_error
from downloaders.verdicts import first_match
from rowkeeper.core import markup
from rowkeeper.core.errors import (
    PermanentError,
    RetryLaterError,
    TransferError,
)
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.route import retry_after
from rowkeeper.core.net.sniff import is_belied, is_hollow, is_html

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
RESOURCE_KEYS = "X-Goog-Drive-Resource-Keys"
MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{5,128}")
REFUSALS = ("uc-error-caption", "uc-error-subcaption", "errorMessage")
"""The classes of those elements that hold a refusal."""
CAPTCHA = '//form[@id="captcha-form"]'
EXPORTED = re.compile(
    rb"""<[a-z][^<>]{0,300}?\s(?:class\s?=\s?["']?(?:[^"'<>]{0,100}\s)?(?:doc-content|c\d+)\b"""
    rb"""|id\s?=\s?["']?contents\b)""",
    re.IGNORECASE,
)
"""What each page has that Docs made of a document, and no page in its place."""
MARKED_WITHIN = 4 << 20
"""Bytes; the style of a document stands before its first mark."""
_PRODUCT = r"Google (?:Docs|Drawings|Drive|Forms|Sheets|Slides|Vids)"
OWN_TITLE = re.compile(
    rf"{_PRODUCT}(?: ?[-:–] ?.*)?|.* - Google Accounts|Sorry\.\.\.|Error .*!!1"
    r"|You need (?:access|permission)",
    re.IGNORECASE,
)
"""The titles that Google gives its own pages, whole; those of an owner's may be any words."""
NAMED = re.compile(rf" [-–] {_PRODUCT}$")
"""How the title of a page ends that shows somebody's file."""
END = "</html>"
"""What a page has, however short, that came whole."""
NOT_PAGES = ("video/", "audio/", "image/", "application/pdf", "application/zip")


@dataclass(frozen=True)
class FileId:
    """An id of Google's, and the key that opens an older share of it, where its link has one."""

    media_id: str
    resource_key: str | None = None

    @property
    def parameter(self) -> dict[str, str]:
        """The key as a parameter of a public address."""
        return {"resourcekey": self.resource_key} if self.resource_key else {}

    @property
    def header(self) -> dict[str, str]:
        """The key as a header for the API."""
        if not self.resource_key:
            return {}
        return {RESOURCE_KEYS: f"{self.media_id}/{self.resource_key}"}


def file_id(request: Request) -> FileId:
    """The id in ``request`` without a tab, with the key in its link as it was found.

    Raises ``PermanentError`` if it can't be one of Google's.
    """
    media_id = checked_id(request.media_id.partition(",")[0])
    return FileId(media_id, request.key or None)


def checked_id(media_id: str) -> str:
    """``media_id`` if it can be one of Google's; else raises ``PermanentError``."""
    if not MEDIA_ID.fullmatch(media_id):
        raise PermanentError("bad_link", "The link holds no valid Google id.")
    return media_id


def parse(page: str) -> html.HtmlElement:
    """The tree of ``page``, an empty one for a page without an element.

    Raises ``PermanentError`` for one that costs too much to be read, or can't be read to its end.
    """
    parser = html.HTMLParser(encoding="utf-8")
    if words := markup.cost(page):
        page = ""
    try:
        # as bytes: of a text that names its encoding lxml takes none
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):  # there is no element in it
        tree = html.document_fromstring("<html></html>")
    if markup.is_cut(parser):
        words = markup.TOO_DEEP
    if words:
        raise PermanentError("too_complex", f"The page has {words}, as no page of Google's has.")
    return tree


def title_of(tree: html.HtmlElement) -> str:
    """The title of a page, '' without one."""
    return " ".join(tree.xpath("string(//title)").split())


def own_title(tree: html.HtmlElement, status: int = 200) -> str:
    """The title of a page where Google chose it, '' where it may be what somebody's file is called.

    What comes with a ``status`` of 400 and more shows no file.
    """
    title = title_of(tree)
    is_own = not NAMED.search(title) and (status >= 400 or OWN_TITLE.fullmatch(title))
    return title if is_own else ""


def is_page(response: urllib3.BaseHTTPResponse) -> bool:
    """A page to look at; a file that is HTML comes with a name."""
    return mime_of(response) == "text/html" and "Content-Disposition" not in response.headers


def check_bytes(head: bytes, mime_type: str, named: bool) -> None:
    """Raise ``PermanentError`` where a page came instead of a file, whatever its headers say.

    Nothing at all instead of a film may be an upload that has yet to end: ``RetryLaterError``.
    """
    if is_hollow(head, mime_type):
        words = f"Nothing came instead of the file ({mime_type[:80]}): it has 0 bytes."
        raise RetryLaterError("empty", words)
    if (mime_type.startswith(NOT_PAGES) or not named) and is_html(head):
        raise PermanentError("not_a_file", f"A page came instead of the file ({mime_type[:80]}).")
    if is_belied(head, mime_type):
        raise PermanentError("not_a_file", f"Text came instead of the file ({mime_type[:80]}).")


def refusal(tree: html.HtmlElement, response: urllib3.BaseHTTPResponse, host: str) -> TransferError:
    """What a page instead of a file means."""
    return meaning(tree, host, response.status, retry_after(response.headers))


def meaning(
    tree: html.HtmlElement, host: str, status: int = 200, wait: float | None = None
) -> TransferError:
    """As :func:`refusal`, of a page that came with ``status``."""
    title, words = title_of(tree), _words(tree)
    if tree.xpath(CAPTCHA):
        return SORRY.raised(f"{host} shows a captcha.", wait)
    if rule := first_match(PAGES, f"{own_title(tree, status)}\n{words}"):
        return rule.raised(words or f"{host}: {title}", wait)
    if status >= 400:
        return refused(status, host, wait)
    if not title and not words:
        return RetryLaterError("empty_page", f"{host} sent an empty page instead of a file.")
    return NOT_A_FILE.raised(words or f"{host} sent a page instead of a file: {title}")


def refused(status: int, host: str, wait: float | None = None) -> TransferError:
    """What an HTTP status of 400 and more means where Google says no more than that."""
    if status == 404:
        words = f"{host} finds no such thing: {NOT_FOUND.why} (HTTP 404)."
        return NOT_FOUND.raised(words, wait)
    return status_error(status, host, wait)


def check_status(response: urllib3.BaseHTTPResponse, host: str) -> None:
    """Raise what :func:`refused` says of a status that isn't 2xx."""
    if not 200 <= response.status < 300:
        raise refused(max(response.status, 400), host, retry_after(response.headers))


def check_document(part: Path, host: str) -> None:
    """Raise unless the page at ``part`` has the marks of a document."""
    with part.open("rb") as file:
        page = file.read(MARKED_WITHIN)
    if not EXPORTED.search(page):
        raise meaning(parse(page.decode("utf-8", "replace")), host)


def _words(tree: html.HtmlElement) -> str:
    """What a page says in those places where Google says no."""
    places = " or ".join(f'contains(@class,"{name}")' for name in REFUSALS)
    return " ".join(" ".join(tree.xpath(f"//*[{places}]//text()")).split())[:500]
