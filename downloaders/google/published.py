"""Documents that their owner published to the web: a page under an id of its own, for everyone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from downloaders import documents, files
from downloaders.base import Fetched, FetchSettings, Progress, Request
from downloaders.google import answers as google
from downloaders.http import HttpClient, read_page
from downloaders.readings import content_key
from downloaders.sinks import FileSink
from downloaders.transfer import save
from rowkeeper.core.errors import AmbiguousError, PermanentError
from rowkeeper.core.net.sniff import HEAD, kind_of

if TYPE_CHECKING:
    from lxml import html

HOST = "docs.google.com"
_PUBLISHED_ID = re.compile(r"2PACX-[A-Za-z0-9_-]+")
_BLOCKS = frozenset({"p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = frozenset({"script", "style", "head", "noscript"})


def is_published(media_id: str) -> bool:
    """Is it the id of something published, which opens no other address?"""
    return _PUBLISHED_ID.fullmatch(media_id) is not None


def fetch(
    client: HttpClient,
    settings: FetchSettings,
    request: Request,
    directory: Path,
    progress: Progress,
) -> Fetched:
    """The page of a published document, or its text. Raises a ``TransferError``.

    No credentials are sent: who publishes a document shows it to everyone.
    """
    google.checked_id(request.media_id)
    page = directory / f"{request.asset_id}.html"
    part = files.part_of(page)
    saved = save(
        client,
        f"https://{HOST}/document/d/e/{request.media_id}/pub?embedded=true",
        google.HOSTS,
        FileSink(part, settings),
        progress,
        settings=settings,
        inspect=_inspect,
    )
    title = _checked(part)
    fetched = Fetched(
        path=page,
        filename=f"{title or request.media_id}.html",
        mime_type="text/html",
        size_bytes=saved.size_bytes,
        sha256=saved.sha256,
    )
    if request.asset_kind == "document":
        fetched, part = _as_text(fetched, part)
    fetched = files.commit(part, fetched)
    key = content_key(fetched.path, fetched.mime_type)
    fetched = replace(fetched, details={"content_key": key} if key else {})
    return documents.read_links(request, fetched, fetched.path)


def _inspect(response: urllib3.BaseHTTPResponse) -> None:
    if response.status >= 400 and google.is_page(response):
        raise google.refusal(google.parse(read_page(response)), response, HOST)
    google.check_status(response, HOST)


def _checked(part: Path) -> str:
    """The title of the page at ``part``, which goes where it is no document."""
    try:
        return _title(part)
    except BaseException:
        part.unlink()
        raise


def _title(part: Path) -> str:
    with part.open("rb") as file:
        head = file.read(HEAD)
    if kind_of(head) != "text/html":
        words = f"{HOST} sent {kind_of(head) or 'something else'} instead of a published page."
        raise AmbiguousError("not_a_document", words)
    google.check_document(part, HOST)
    title = google.title_of(google.parse(head.decode("utf-8", "replace")))
    return title.removesuffix(" - Google Docs")


def _as_text(page: Fetched, part: Path) -> tuple[Fetched, Path]:
    """The text of a page as a file of its own, which takes the page's place."""
    if part.stat().st_size > documents.MAX_PAGE_BYTES:
        part.unlink()
        words = f"The page has more than {documents.MAX_PAGE_BYTES:,} bytes."
        raise PermanentError("not_a_document", words)
    tree = google.parse(part.read_text("utf-8", "replace"))
    lines = "".join(_text(tree)).splitlines()
    body = "\n".join(line.strip() for line in lines if line.strip()) + "\n"
    path = page.path.with_suffix(".txt")
    size, digest = files.write_hashed([body.encode("utf-8", "replace")], files.part_of(path))
    part.unlink()
    name = str(page.filename).removesuffix(".html") + ".txt"
    text = replace(
        page, path=path, filename=name, mime_type="text/plain", size_bytes=size, sha256=digest
    )
    return text, files.part_of(path)


def _text(tree: "html.HtmlElement") -> Iterator[str]:
    """The words that a reader sees, each block on lines of its own."""
    from lxml import etree

    hidden = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        is_hidden = not isinstance(element.tag, str) or element.tag in _HIDDEN
        if event == "start":
            hidden += is_hidden
            if not hidden:
                yield ("\n" if element.tag in _BLOCKS else "") + (element.text or "")
            continue
        hidden -= is_hidden
        if not hidden:
            yield ("\n" if element.tag in _BLOCKS else "") + (element.tail or "")
