"""What the fake internet serves, as plain data, and the two types its handlers speak."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

VideoError = Literal[
    "removed",
    "private",
    "terminated",
    "members_only",
    "geo",
    "age",
    "bot_check",
    "try_later",
    "gone",
    "payment",
    "sign_in",
    "not_yet",
]


@dataclass(frozen=True)
class Stream:
    """One format of a video as YouTube offers it."""

    itag: int
    mime_type: str  # with its codecs: video/mp4; codecs="avc1.4d401e"
    body: bytes
    height: int | None = None  # None: audio only
    progressive: bool = False  # sound and picture in one


@dataclass(frozen=True)
class Caption:
    """One caption track; ``automatic`` ones are speech recognition."""

    language: str
    vtt: str
    automatic: bool = False


@dataclass(frozen=True)
class Video:
    """A YouTube video; with ``error`` set it can't be played."""

    id: str
    title: str = "A video"
    streams: tuple[Stream, ...] = ()
    captions: tuple[Caption, ...] = ()
    duration_s: int = 1
    error: VideoError | None = None
    live: bool = False
    was_live: bool = False
    drm: bool = False


@dataclass(frozen=True)
class Playlist:
    """A YouTube playlist: ``(video id, title)`` in order, shown ``page_size`` at a time."""

    id: str
    title: str
    entries: tuple[tuple[str, str], ...]
    page_size: int = 100


@dataclass(frozen=True)
class DriveFile:
    """A Drive file; ``big`` ones first show the page that warns of viruses."""

    id: str
    name: str = "file.bin"
    body: bytes = b""
    mime_type: str = "application/octet-stream"
    big: bool = False
    error: Literal["quota", "sign_in", "not_shared", "api_quota"] | None = None
    shortcut_to: str | None = None  # a page of Drive or Docs
    md5: str | None = None  # what the API says; of the body by default


@dataclass(frozen=True)
class DriveEntry:
    """One line of a folder; ``kind`` says which sort of address it links to."""

    id: str
    name: str
    kind: Literal["file", "folder", "document", "spreadsheet", "presentation"] = "file"


@dataclass(frozen=True)
class DriveFolder:
    """A public Drive folder."""

    id: str
    name: str
    entries: tuple[DriveEntry, ...] = ()


@dataclass(frozen=True)
class Document:
    """One of Google's own. ``text`` is what a Doc or a Sheet is exported as, ``html`` a Doc too."""

    id: str
    title: str
    text: str = ""
    sign_in: bool = False
    html: str = "<html><body></body></html>"
    kind: Literal["document", "spreadsheet", "presentation"] = "document"


@dataclass
class Fault:
    """The next ``times`` requests whose ``host/path?query`` holds ``match`` go wrong.

    ``kind`` is a status, ``truncate`` (half the body, then the line drops), ``drop`` (no answer)
    or ``redirect:<url>``.
    """

    match: str
    kind: int | str
    times: int = 1


@dataclass
class Site:
    """All that the fake internet knows. ``pages`` maps ``host/path`` to HTML."""

    videos: list[Video] = field(default_factory=list)
    playlists: list[Playlist] = field(default_factory=list)
    files: list[DriveFile] = field(default_factory=list)
    folders: list[DriveFolder] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class WebRequest:
    """A request as a handler sees it; ``query`` holds the last value of each name."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class WebResponse:
    """An answer; Content-Length is added by the server."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Site, WebRequest], WebResponse]


def redirect(url: str) -> WebResponse:
    """A 302 to ``url``."""
    return WebResponse(status=302, headers={"Location": url})


def not_found() -> WebResponse:
    """A 404 page."""
    return WebResponse(b"<html><title>404 Not Found</title></html>", status=404)
