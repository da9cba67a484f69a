"""A server of one file, and how it is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from downloaders.base import FetchSettings
from tests.fakes.clients import settings_in
from tests.helpers import loopback

BODY = bytes(range(256)) * 800


@dataclass
class Answers:
    """What the server does: ``cuts`` are the bytes that each next answer sends before it drops,
    ``part`` the most that an answer to a range has."""

    body: bytes = BODY
    etag: str | None = '"v1"'
    modified: str | None = None
    cuts: list[int] = field(default_factory=list)
    status: int | None = None
    length: int | None = None
    honest_range: bool = True
    heeds_if_range: bool = True
    part: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    host: str = ""
    location: str | None = None


@contextmanager
def serving(answers: Answers) -> Iterator[Answers]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append({name.lower(): value for name, value in self.headers.items()})
            self.close_connection = True
            if answers.location:
                self.send_response_only(302)
                self.send_header("Location", answers.location)
                self.end_headers()
                return
            respond(self, answers)

    with loopback.serving(Handler) as url:
        answers.host = url.removeprefix("http://")
        yield answers


def respond(handler: BaseHTTPRequestHandler, answers: Answers) -> None:
    first, body = 0, answers.body
    wanted = handler.headers.get("Range", "")
    known = {answers.etag, answers.modified, None}
    if wanted and not (answers.heeds_if_range and handler.headers.get("If-Range") not in known):
        first = int(wanted.removeprefix("bytes=").rstrip("-"))
    status = answers.status or (206 if first else 200)
    if first and first >= len(body):
        status, body, first = 416, b"", 0
    handler.send_response_only(status)
    shown = first + (status == 206 and not answers.honest_range)
    last = min(len(body), first + (answers.part or len(body))) - 1
    part = f"bytes {shown}-{last}/{len(body)}" if status == 206 else None
    rest = body[shown:][: answers.part if status == 206 else None]
    length = len(rest) if answers.length is None else answers.length
    headers = {"ETag": answers.etag, "Last-Modified": answers.modified, "Content-Range": part}
    headers |= answers.headers
    if length >= 0:
        headers["Content-Length"] = str(length)
    for name, value in headers.items():
        if value is not None:
            handler.send_header(name, value)
    handler.end_headers()
    rest = rest[: answers.cuts.pop(0)] if answers.cuts else rest
    answers.sent += len(rest)  # before the client can have it all
    handler.wfile.write(rest)


def local_settings(folder: Path, **more: Any) -> FetchSettings:
    return settings_in(folder, private_addresses=["127.0.0.0/8"], **{"timeout_s": 5.0, **more})
