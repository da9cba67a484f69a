"""The one classifier of links: what a link leads to, under one canonical address.

Links are hostile data. Nothing here opens one; ids are taken from known hosts only, and a canonical
address is made from the id, never from the rest of the link.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, unquote, urlunsplit

from rowkeeper.core.links import google as google_links
from rowkeeper.core.links import videos as video_links
from rowkeeper.core.links import youtube as youtube_links
from rowkeeper.core.links.link import ASSET_KINDS, LONGEST_LINK, Link
from rowkeeper.core.links.wrappers import is_shortener, site, split, unwrap, unwrap_all, with_scheme
from rowkeeper.core.links.youtube import NOT_IDS
from rowkeeper.core.text import encodable

__all__ = ["ASSET_KINDS", "NOT_IDS", "Link", "classify", "unwrap"]

_MEDIA_PATH = re.compile(
    r"[^/]\.(?:mp4|m4v|mov|webm|mkv|avi|mp3|m4a|aac|wav|ogg|oga|ogv|opus|flac"
    r"|jpe?g|png|gif|webp|heic|tiff?|bmp|pdf|txt|vtt|srt|md)$",
    re.IGNORECASE,
)
"""Files that a link leads to directly; pages, scripts and style sheets are not among them."""

_STATIC = re.compile(
    r"(?:.+\.)?(?:gstatic|googletagmanager|google-analytics|ytimg|ggpht)\.com|(?:schema|w3)\.org"
    r"|(?:fonts|ajax|maps|apis|translate)\.googleapis\.com|(?:[a-z]+[0-9]+(?:-[a-z]+)?|themes)"
    r"\.googleusercontent\.com"
)
"""Hosts of what pages are made of, never of what somebody has put there. Google keeps people's own
files beside them, as on storage.googleapis.com: those are none of these."""

_PHOTOS = "/pw/"
"""Where Google Photos keeps people's pictures, on a host of that kind."""

_FURNITURE_HOSTS = frozenset(
    {"support.google.com", "policies.google.com", "workspace.google.com", "myaccount.google.com"}
)
"""Help and terms, which the editors of documents put beside what somebody has written."""
_HOMES = frozenset(
    {"youtube.com", "m.youtube.com", "youtu.be", "drive.google.com", "docs.google.com"}
    | {"sheets.google.com", "slides.google.com", "forms.google.com", "google.com"}
    | {"vimeo.com", "loom.com", "dailymotion.com"}
)
_HOME_PATH = re.compile(
    r"/?|/(?:drive/)?(?:u/\d+/?)?(?:my-drive|home|shared-with-me)?/?"
    r"|/(?:document|spreadsheets|presentation|forms)/?(?:u/\d+/?)?"
    r"|/(?:t/terms|t/privacy|about|howyoutubeworks|premium|abuse)(?:/.*)?"
)
"""The front doors of sites, which lead to nothing of anybody's."""
_LIKE_ID = re.compile(r"(?=.*[A-Z0-9])(?:[\w-]{11}|[\w-]{25,44})", re.ASCII)


def classify(url: str) -> Link:
    """What ``url`` leads to, after any wrappers around it. Never raises.

    What is longer than any link is, is not looked into, and only its beginning is named.
    """
    url = encodable(url)
    if len(url) > LONGEST_LINK:
        plain = with_scheme(url[:LONGEST_LINK])
        return Link("other", "unsupported", plain, plain)
    link = _classify(url)
    while link.url != url:  # what is left after one wrapper may be another
        url, link = link.url, _with_key(_classify(link.url), link.resource_key)
    return link


def _with_key(link: Link, key: str) -> Link:
    same = (link.provider, link.link_type, link.media_id, link.url)
    return link if link.resource_key or not key else Link(*same, resource_key=key)


def _classify(url: str) -> Link:
    plain = unwrap_all(url)
    if plain.lower().startswith("mailto:"):
        address = unquote(plain[7:].partition("?")[0]).strip()
        return Link("other", "mail", address, plain)
    parts = split(plain)
    if plain.startswith("#"):
        return Link("other", "inside", plain, plain)
    if parts is None:
        return Link("other", "unsupported", plain, plain)
    place = site(parts)
    find = _FINDERS.get("youtube.com" if place.endswith(".youtube.com") else place)
    if google_links.PASSING_HOST.fullmatch(place):
        find = google_links.passing
    elif place.endswith(".ytimg.com"):
        find = youtube_links.picture
    return (find and find(parts)) or _page(parts)


def _page(parts: SplitResult) -> Link:
    """Any other web page or file: host in lower case, no fragment."""
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user}{at}{host.lower()}"
    url = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    place = site(parts)
    if _STATIC.fullmatch(place) and not parts.path.startswith(_PHOTOS):
        return Link("other", "static", url, url)
    if place == "accounts.google.com":
        return Link("other", "sign_in", url, url)
    if place in _FURNITURE_HOSTS or (place in _HOMES and _is_front_door(parts)):
        return Link("other", "furniture", url, url)
    if place == "forms.gle":
        return Link("other", "form", url, url)
    if is_shortener(place):
        return Link("other", "shortened", url, url)
    if parts.username is None and _MEDIA_PATH.search(parts.path):
        return Link("direct", "media", url, url)
    return Link(
        "other",
        "no_id" if place in _FINDERS or place.endswith(".youtube.com") else "page",
        url,
        url,
    )


def _is_front_door(parts: SplitResult) -> bool:
    """Whether an address names nothing, neither by its path nor by a parameter."""
    values = (value for _, value in parse_qsl(parts.query))
    return _HOME_PATH.fullmatch(parts.path) is not None and not any(map(_LIKE_ID.fullmatch, values))


_FINDERS: dict[str, Callable[[SplitResult], Link | None]] = {
    **dict.fromkeys(youtube_links.HOSTS, youtube_links.find),
    **dict.fromkeys(google_links.DRIVE_HOSTS, google_links.drive),
    **dict.fromkeys(google_links.DOCS_HOSTS, google_links.docs),
    **video_links.FINDERS,
}

KNOWN_HOSTS = frozenset({*_FINDERS, "consent.youtube.com"})
"""Hosts that make a link without a scheme, whatever stands before them."""
