"""What stands in a fetched document: its text, and the links in it by their canonical addresses."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from lxml import etree

from downloaders.base import Discovered, Fetched, Request
from downloaders.http import CHUNK
from downloaders.readings import Extent
from rowkeeper.core import markup
from rowkeeper.core.links.classify import Link, classify
from rowkeeper.core.links.escapes import unescaped
from rowkeeper.core.links.link import LONGEST_LINK
from rowkeeper.core.links.text import find_links

MAX_CHARACTERS = 1_000_000
MAX_LINKS = 1000
"""So many different links of one document are followed."""
MAX_SEEN = 20_000
MAX_LOOKED_AT = 4_000_000
MAX_PAGE_BYTES = 64 << 20
"""So many links, characters of text and bytes of HTML of one document are looked at."""
MAX_OCCURRENCES = 5000
"""So many links of one document are told one by one."""
TELLING = re.compile(r"[?&](?:resourcekey|rtpof)=", re.IGNORECASE)
"""What a link may say that its canonical address doesn't: a key, and that it is an office file."""
READ = {"document": "text/plain", "document_html": "text/html"}
"""Kind of asset -> the media type in which it can be read."""


def is_text(request: Request, fetched: Fetched) -> bool:
    """Is it a document that can be read?"""
    return READ.get(request.asset_kind) == fetched.mime_type


def read_text(path: Path) -> dict[str, Any]:
    """The details of a ``document_read`` event.

    ``text``; of a longer document only the first million characters are told, the file has them
    all. HTML has the links behind the words and no text: that is told of the same document's plain
    text. ``links``: the canonical addresses that are followed, one a line. ``occurrences``: each
    link as it stands there, with what it leads to; ``left_out``: how many more there are.
    """
    occurrences = _occurrences(path).links
    details: dict[str, Any] = {"links": "\n".join(link.url for link in _followed(occurrences))}
    if path.suffix != ".html":
        details = {"text": _text(path), **details}
    if occurrences:
        details["occurrences"] = [
            {"position": position, "url": url, **_facts(link)}
            for position, (url, link) in enumerate(occurrences[:MAX_OCCURRENCES])
        ]
    if len(occurrences) > MAX_OCCURRENCES:
        details["left_out"] = len(occurrences) - MAX_OCCURRENCES
    return details


def _facts(link: Link) -> dict[str, str]:
    return {
        "canonical_url": link.url,
        "provider": link.provider,
        "link_type": link.link_type,
        "media_id": link.media_id,
        "asset_kinds": ",".join(link.asset_kinds),
    }


def links_of(path: Path) -> list[Link]:
    """What the links in a document lead to, each once and in order, as far as they are followed."""
    return _followed(_occurrences(path).links)


@dataclass(frozen=True)
class Occurrences:
    """Each link of a document as it stands there, and what it leads to.

    ``unread``: why there may be more of them, in words; None if all were looked at.
    """

    links: list[tuple[str, Link]]
    unread: str | None = None


def _occurrences(path: Path) -> Occurrences:
    facts = path.stat()
    return _looked_at(path, facts.st_ino, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=8)
def _looked_at(path: Path, *_: int) -> Occurrences:
    look = _in_page if path.suffix == ".html" else _in_text
    urls, unread = look(path)
    if len(urls) > MAX_SEEN:
        unread = f"of one document the first {MAX_SEEN:,} links are looked at"
    return Occurrences([(url[:LONGEST_LINK], _meant(url)) for url in urls[:MAX_SEEN]], unread)


@lru_cache(maxsize=1024)
def _meant(url: str) -> Link:
    return classify(unescaped(url))


def _in_text(path: Path) -> tuple[list[str], str | None]:
    text = _text(path, MAX_LOOKED_AT + 1)
    unread = None
    if len(text) > MAX_LOOKED_AT:
        unread = f"of one document the first {MAX_LOOKED_AT:,} characters are looked at"
    return find_links(text[:MAX_LOOKED_AT], MAX_SEEN + 1), unread


def _in_page(path: Path) -> tuple[list[str], str | None]:
    if path.stat().st_size > MAX_PAGE_BYTES:
        return [], f"it has more than {MAX_PAGE_BYTES:,} bytes"
    if words := markup.cost(path.read_text("utf-8", "replace")):
        return [], f"it has {words}"
    return _hyperlinks(path)


def _followed(occurrences: list[tuple[str, Link]]) -> list[Link]:
    """The different ones, in order, within the limit."""
    distinct = {link.url: link for _, link in occurrences}
    return list(distinct.values())[:MAX_LINKS]


def read_links(request: Request, fetched: Fetched, path: Path) -> Fetched:
    """``fetched``, a document at ``path``, with the assets that its links ask for.

    Its details say where there are more links than are followed.
    """
    occurrences = _occurrences(path)
    different = len({link.url for _, link in occurrences.links})
    extent = Extent(
        unread=occurrences.unread,
        listed=min(different, MAX_LINKS),
        left_out=max(0, different - MAX_LINKS),
        limit=f"of one document the first {MAX_LINKS:,} links are followed",
    )
    completeness = extent.details() if extent.reason else {"complete": True}
    details = {**fetched.details, **completeness}
    return replace(fetched, details=details, discovered=_discovered(request, occurrences.links))


def discovered(request: Request, path: Path) -> tuple[Discovered, ...]:
    """The assets that a document's links ask for; noise asks for none, nor does itself."""
    return _discovered(request, _occurrences(path).links)


def _discovered(request: Request, occurrences: list[tuple[str, Link]]) -> tuple[Discovered, ...]:
    wanted = [link for link in _followed(occurrences) if not _is_itself(link, request)]
    urls = (unescaped(url) for url, _ in occurrences)
    return children(request, [(link, None) for link in wanted], telling(urls))


def telling(urls: Iterable[str]) -> dict[str, str]:
    """Those of ``urls`` that say more than their canonical addresses, by these."""
    links = ((classify(url), url) for url in dict.fromkeys(urls))
    return {link.url: url for link, url in links if link.resource_key or TELLING.search(url)}


def children(
    request: Request, links: list[tuple[Link, str | None]], as_found: Mapping[str, str]
) -> tuple[Discovered, ...]:
    """Each kind of asset that ``links``, with their titles, ask for; positions count the links.

    ``as_found``: the addresses of :func:`telling`.
    """
    return tuple(
        Discovered.child(
            request,
            position=position,
            provider=link.provider,
            media_id=link.media_id,
            asset_kind=kind,
            original_url=link.url,
            title=title,
            url_as_found=as_found.get(link.url),
        )
        for position, (link, title) in enumerate(links, 1)
        for kind in link.asset_kinds
    )


def _is_itself(link: Link, request: Request) -> bool:
    return (link.provider, link.media_id) == (request.provider, request.media_id)


def _text(path: Path, characters: int | None = MAX_CHARACTERS) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(-1 if characters is None else characters)


def _hyperlinks(path: Path) -> tuple[list[str], str | None]:
    """The web addresses of ``<a href>``, read in pieces; what may be missing, as above."""
    from lxml import etree

    parser = etree.HTMLPullParser(events=("end",), tag="a", encoding="utf-8", huge_tree=True)
    links: list[str] = []
    with path.open("rb") as file:
        while (chunk := file.read(CHUNK)) and len(links) <= MAX_SEEN:
            parser.feed(chunk)
            links += _read(parser)
    with suppress(etree.XMLSyntaxError):  # an empty file
        parser.close()
    links += _read(parser)
    return links, f"it has {markup.TOO_DEEP}" if markup.is_cut(parser) else None


def _read(parser: "etree.HTMLPullParser") -> Iterator[str]:
    for _, anchor in parser.read_events():
        url = str(cast("etree._Element", anchor).get("href") or "").strip()
        if url.lower().startswith(("http://", "https://", "mailto:")):
            yield url
