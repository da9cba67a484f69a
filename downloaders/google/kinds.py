"""A link is not its kind: what an id of Google's really is, and how an asset becomes that.

``open?id=`` may lead to a file, a folder or a document, ``file/d/`` to a shortcut, ``document/d/``
to a Word file that is only shown in Docs. The API says which; without it the page to which Drive
sends a visitor does.
"""

import re
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from downloaders.base import Discovered, Request
from downloaders.google import answers as google
from downloaders.google.answers import FileId
from downloaders.http import HttpClient
from rowkeeper.core.errors import AmbiguousError, PermanentError, TransferError, Verdict
from rowkeeper.core.links.classify import Link, classify
from rowkeeper.core.net.hosts import led_to

OFFICE = re.compile(r"[?&]rtpof=true\b")
"""What the address of an office file has that is shown in Docs."""
PASSING = frozenset({"http_500", "server_error", "empty_page"})
"""Faults that a file's address also has where the id is no file's."""
MAX_HOPS = 5


class OtherKindError(Exception):
    """An asset is of another kind than its link says: what ``link`` is."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.url)
        self.link = link


def check_kind(request: Request, file_id: FileId, url: str) -> None:
    """Raise ``OtherKindError`` unless ``url``, the page of ``file_id``, is of the kind asked for.

    A page of another id means a shortcut, which is a file. Raises ``PermanentError`` for what can't
    be fetched at all, such as a form.
    """
    link = meant(url)
    if link.media_id.partition(",")[0] != file_id.media_id:
        link = classify(file_page(file_id.media_id))
    if not link.asset_kinds:
        what = link.link_type.replace("_", " ")
        raise PermanentError("unsupported", f"It is a {what}, which Google gives no file of.")
    if request.provider != link.provider or request.asset_kind not in link.asset_kinds:
        raise OtherKindError(link)


def meant(url: str) -> Link:
    """What ``url`` leads to; an office file that Docs shows is a file."""
    link = classify(url)
    if link.provider == "docs" and OFFICE.search(url):
        return classify(file_page(link.media_id.partition(",")[0]))
    return link


def file_page(media_id: str) -> str:
    """The page of a file of Drive."""
    return f"https://drive.google.com/file/d/{media_id}/view"


def may_be_another(error: TransferError) -> bool:
    """Is ``error`` one that an id of another kind may give?"""
    if isinstance(error, AmbiguousError) or error.code in PASSING:
        return True
    if error.code == "not_a_file":  # its bytes came, and they are a page
        return False
    return error.verdict in {Verdict.PERMANENT, Verdict.NEEDS_PERSON}


def page_of(client: HttpClient, file_id: FileId) -> str | None:
    """The page to which Drive sends a visitor who opens ``file_id``; None if it doesn't say."""
    query = {"id": file_id.media_id} | file_id.parameter
    url = f"https://drive.google.com/open?{urlencode(query)}"
    for _ in range(MAX_HOPS):
        try:
            location = client.location(url, google.HOSTS)
            if location is None:
                return None
            url = led_to(url, location)
        except TransferError:
            return None
        link = classify(url)
        if link.provider in {"drive", "docs"} and urlsplit(url).path.rstrip("/") != "/open":
            return url
    return None


def as_found(request: Request, link: Link) -> tuple[Request, tuple[Discovered, ...]]:
    """``request`` as what ``link`` says, its id unchanged, and what else such a link asks for.

    Raises ``AmbiguousError`` when it was taken for that twice already: then nobody knows.
    """
    kinds = link.asset_kinds
    kind = request.asset_kind if request.asset_kind in kinds else kinds[0]
    now = (link.provider, kind)
    was = (*request.was, (request.provider, request.asset_kind))
    if was.count(now) > 1:  # a link that only looks like an office file's comes back once
        words = "Google says in turn that it is a file and that it is none."
        raise AmbiguousError("kind_unclear", words)
    renamed = replace(
        request, provider=link.provider, asset_kind=kind, original_url=link.url, was=was
    )
    twins = tuple(
        Discovered.child(
            request,
            position=position,
            provider=link.provider,
            media_id=link.media_id,
            asset_kind=other,
            original_url=link.url,
            url_as_found=request.url_as_found,
            is_twin=True,
        )
        for position, other in enumerate(kinds[1:], 1)
        if kind == kinds[0]
    )
    return renamed, twins
