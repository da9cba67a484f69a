"""The one classifier of links: what a link leads to, under one canonical address.

Links are hostile data. Nothing here opens one; ids are taken from known hosts only, and a canonical
address is made from the id, never from the rest of the link.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit, urlunsplit

MAX_WRAPS = 5

ASSET_KINDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("youtube", "video"): ("video", "transcript"),
    ("youtube", "playlist"): ("playlist",),
    ("youtube", "video_list"): ("playlist",),
    ("drive", "file"): ("file",),
    ("drive", "folder"): ("folder",),
    ("docs", "document"): ("document", "document_html"),
    ("docs", "spreadsheet"): ("spreadsheet",),
    ("docs", "presentation"): ("presentation",),
    ("direct", "media"): ("file",),
}
"""(provider, link_type) -> the kinds of asset that such a link asks for."""

YOUTUBE_HOSTS = frozenset(
    {"youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com", "youtu.be"}
)
WRAPPERS = {
    "google": ("/url", ("q", "url")),
    "youtube.com": ("/redirect", ("q",)),
    "l.facebook.com": ("/l.php", ("u",)),
}
"""Sites that wrap links: path, and the parameters that may hold the address."""

NOT_IDS = frozenset({"watch_video", "videoseries", "live_stream"})
"""Words of YouTube's own addresses that have the shape of a video's id."""

_MEDIA_PATH = re.compile(
    r"[^/]\.(?:mp4|m4v|mov|webm|mkv|avi|mp3|m4a|aac|wav|ogg|oga|ogv|opus|flac"
    r"|jpe?g|png|gif|webp|heic|tiff?|bmp|pdf|txt|vtt|srt|md)$",
    re.IGNORECASE,
)
"""Files that a link leads to directly; pages, scripts and style sheets are not among them."""

_STATIC = re.compile(
    r"(?:.+\.)?(?:gstatic|googleusercontent|googleapis|googletagmanager|google-analytics|ytimg|ggpht)"
    r"\.com|(?:schema|w3)\.org"
)
"""Hosts of what pages are made of, never of what somebody has put there."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_GOOGLE = re.compile(r"google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}(?![A-Za-z0-9_-])")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}(?![A-Za-z0-9_-])")
_GOOGLE_ID = re.compile(r"[A-Za-z0-9_-]{10,128}(?![A-Za-z0-9_-])")
_VIDEO_PATH = re.compile(r"/(?:shorts|live|embed|v|e|watch|video)/([^/]*)")
_DRIVE_PATH = re.compile(r"/(file(?:/u/\d+)?/d|(?:drive/)?(?:u/\d+/)?folders)/([^/]*)")
_DOCS_PATH = re.compile(
    r"(?:/a/[^/]+)?/(document|spreadsheets|presentation|forms|drawings)(?:/u/\d+)?/d/([^/]*)"
    r"(?:/([^/]*))?"
)
_DOCS_TYPES = {
    "document": "document",
    "spreadsheets": "spreadsheet",
    "presentation": "presentation",
    "forms": "form",
    "drawings": "drawing",
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to.

    ``provider`` is youtube, drive, docs, direct or other. ``media_id`` is the provider's id; direct
    and other links have their canonical address for it. ``url`` is canonical: links to the same
    thing have the same one, and ``classify(link.url) == link``.
    """

    provider: str
    link_type: str
    media_id: str
    url: str

    @property
    def asset_kinds(self) -> tuple[str, ...]:
        """The kinds of asset that the link asks for; () where there is nothing to archive."""
        return ASSET_KINDS.get((self.provider, self.link_type), ())


def classify(url: str) -> Link:
    """What ``url`` leads to, after any redirect wrappers. Never raises."""
    link = _classify(url)
    while link.url != url:  # what is left after one wrapper may be another
        url, link = link.url, _classify(link.url)
    return link


def _classify(url: str) -> Link:
    plain = unwrap(url)
    if plain.lower().startswith("mailto:"):
        address = unquote(plain[7:].partition("?")[0]).strip()
        return Link("other", "mail", address, plain)
    parts = _split(plain)
    if parts is None:
        return Link("other", "unsupported", plain, plain)
    find = _FINDERS.get(_site(parts))
    return (find and find(parts)) or _page(parts)


def unwrap(url: str) -> str:
    """``url`` with a scheme, and without the redirects of Google and its like around it."""
    plain = url.strip()
    if not _SCHEME.match(plain):
        plain = f"https://{plain.lstrip('/')}"
    for _ in range(MAX_WRAPS):
        inner = _wrapped(plain)
        if inner is None:
            break
        plain = inner
    return plain


def _wrapped(url: str) -> str | None:
    """The address inside a redirect, if ``url`` is one."""
    parts = _split(url)
    if parts is None:
        return None
    site = _site(parts)
    path, names = WRAPPERS.get("google" if _GOOGLE.fullmatch(site) else site, (None, ()))
    if parts.path.rstrip("/") != path:
        return None
    inner = _parameter(parts, *names).strip()
    return inner if re.match(r"(?:https?://|mailto:)", inner, re.IGNORECASE) else None


def _split(url: str) -> SplitResult | None:
    """The parts of a web address, an escaped '?' undone; None for what is no web address."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        _ = parts.port
    except ValueError:
        return None
    if "%3f" in parts.path.lower() and not parts.query:
        path, _, query = unquote(parts.path).partition("?")
        parts = parts._replace(path=path, query=query)
    return parts


def _site(parts: SplitResult) -> str:
    """The host without 'www.'; '' where a port or a user name makes it another server."""
    if parts.username is not None or parts.port not in {None, 80, 443}:
        return ""
    return (parts.hostname or "").rstrip(".").removeprefix("www.")


def _parameter(parts: SplitResult, *names: str) -> str:
    """The first value of the first parameter in ``names`` that there is."""
    query = parse_qs(parts.query)
    return next((query[name][0] for name in names if name in query), "")


def _id(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.match(text.strip())
    return found[0] if found else None


def _youtube(parts: SplitResult) -> Link | None:
    path = re.sub(r"/+", "/", parts.path)
    if _site(parts) == "youtu.be":
        return _video(path[1:]) or None
    if path.startswith("/attribution_link"):
        inner = urlsplit(_parameter(parts, "u"))
        return _video(_parameter(inner, "v"))
    if path.startswith("/watch_videos"):
        return _video_list(_parameter(parts, "video_ids"))
    named = _VIDEO_PATH.match(path)
    video = _video(_parameter(parts, "v")) or (_video(named[1]) if named else None)
    return video or _playlist(_parameter(parts, "list")) or _channel(path)


def _video(text: str) -> Link | None:
    video_id = _id(_VIDEO_ID, text)
    if video_id is None or video_id in NOT_IDS:
        return None
    return Link("youtube", "video", video_id, f"https://www.youtube.com/watch?v={video_id}")


def _video_list(text: str) -> Link | None:
    """Videos named in the link itself; one alone is a video."""
    ids = [found for item in text.split(",") if (found := _id(_VIDEO_ID, item))]
    ids = list(dict.fromkeys(ids))
    if len(ids) < 2:
        return _video(ids[0]) if ids else None
    joined = ",".join(ids)
    url = f"https://www.youtube.com/watch_videos?video_ids={joined}"
    return Link("youtube", "video_list", joined, url)


def _playlist(text: str) -> Link | None:
    list_id = _id(_LIST_ID, text)
    if list_id is None:
        return None
    return Link("youtube", "playlist", list_id, f"https://www.youtube.com/playlist?list={list_id}")


def _channel(path: str) -> Link | None:
    found = re.match(r"/(@[^/]+|(?:channel|c|user)/[^/]+)", path)
    if found is None:
        return None
    return Link("youtube", "channel", found[1], f"https://www.youtube.com/{found[1]}")


def _drive(parts: SplitResult) -> Link | None:
    named = _DRIVE_PATH.search(parts.path)
    if named:
        folder, text = named[1].endswith("folders"), named[2]
    else:
        folder = "folderview" in parts.path
        text = _parameter(parts, "id")
    media_id = _id(_GOOGLE_ID, text)
    if media_id is None:
        return None
    if folder:
        return Link(
            "drive", "folder", media_id, f"https://drive.google.com/drive/folders/{media_id}"
        )
    return Link("drive", "file", media_id, f"https://drive.google.com/file/d/{media_id}/view")


def _docs(parts: SplitResult) -> Link | None:
    if parts.path.startswith("/uc"):
        return _drive(parts)
    named = _DOCS_PATH.match(parts.path)
    if named is None:
        media_id = _id(_GOOGLE_ID, _parameter(parts, "id"))
        opened = parts.path.startswith("/open")
        return _document("document", media_id) if opened and media_id else None
    if named[2] == "e":  # published to the web, under an id of its own
        media_id = _id(_GOOGLE_ID, named[3] or "")
        link_type = f"published_{_DOCS_TYPES[named[1]]}"
        url = f"https://docs.google.com/{named[1]}/d/e/{media_id}/pub"
        return Link("docs", link_type, media_id, url) if media_id else None
    media_id = _id(_GOOGLE_ID, named[2])
    tab = _tab(parts) if named[1] == "spreadsheets" else ""
    return _document(named[1], media_id, tab) if media_id else None


def _tab(parts: SplitResult) -> str:
    """The gid of the tab that a spreadsheet's link names; '' for the first one, 0."""
    found = re.search(r"(?:^|[&#])gid=0*([1-9][0-9]{0,11})", f"{parts.fragment}&{parts.query}")
    return found[1] if found else ""


def _document(word: str, media_id: str, tab: str = "") -> Link:
    """A tab of a spreadsheet is a medium of its own, ``ID,GID``: it has a CSV of its own."""
    url = f"https://docs.google.com/{word}/d/{media_id}/edit"
    if tab:
        return Link("docs", _DOCS_TYPES[word], f"{media_id},{tab}", f"{url}#gid={tab}")
    return Link("docs", _DOCS_TYPES[word], media_id, url)


def _page(parts: SplitResult) -> Link:
    """Any other web page or file: host in lower case, no fragment."""
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user}{at}{host.lower()}"
    url = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    site = _site(parts)
    if _STATIC.fullmatch(site):
        return Link("other", "static", url, url)
    if parts.username is None and site != "accounts.google.com" and _MEDIA_PATH.search(parts.path):
        return Link("direct", "media", url, url)
    link_type = "sign_in" if site == "accounts.google.com" else "page"
    return Link("other", link_type, url, url)


_FINDERS: dict[str, Callable[[SplitResult], Link | None]] = {
    **dict.fromkeys(YOUTUBE_HOSTS, _youtube),
    "drive.google.com": _drive,
    "drive.usercontent.google.com": _drive,
    "docs.google.com": _docs,
}
