"""The site on loopback, with the media of the archive and what a run does meanwhile. Read-only.

Other programs of this machine, and pages of other sites in the same browser, are strangers: whoever
asks needs the token, and names this machine as the host.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from hmac import compare_digest
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from rowkeeper.archive.addresses import addresses
from rowkeeper.archive.live import Live
from rowkeeper.catalogue.publish import reader
from rowkeeper.core.disk.stored import FILES, asset_path
from rowkeeper.core.errors import NeedsPersonError, RowkeeperError, UsageError
from rowkeeper.core.text import harmless
from rowkeeper.workspace.context import Context

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
COOKIE = "rowkeeper"
LIFETIME_S = 3_600
EVERY_S = 2.0
PLAYED = ("audio/", "video/")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'"
"""Of files that are somebody else's: a page among them runs no script here."""
LOCAL = "select local_file_path, mime_type from {schema}.assets where cast(asset_id as text) = ?"


class LocalFile(NamedTuple):
    """Where an asset's file is said to be."""

    local_file_path: str | None
    mime_type: str | None


Next = Callable[[Request], Awaitable[Response]]


def make_app(context: Context, site: Path, token: str | None) -> Starlette:
    """The application of ``site``, which lies where :func:`write_site` has put it. ``token``: what
    whoever asks must have; None for nothing."""
    files = context.settings.data_dir / FILES
    server = _Server(context)

    async def check(request: Request, call_next: Next) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("This only reads.", 405, {"Allow": "GET, HEAD"})
        if token is not None and not _has(request.cookies.get(COOKIE), token):
            if not _has(request.query_params.get("token"), token):
                words = "Open the address that rowkeeper serve has printed, with its token."
                return PlainTextResponse(words, 403, HEADERS)
            answer: Response = RedirectResponse(request.url.path, 303)
            answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        else:
            answer = await call_next(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if request.url.path.startswith("/files/"):
            answer.headers["Content-Security-Policy"] = SANDBOX
        return answer

    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("/site/index.html", 303)),
            Route("/media/{asset_id:uuid}", server.media),
            Route("/events", server.events),
            Mount("/files", StaticFiles(directory=files, check_dir=False)),
            Mount("/site", StaticFiles(directory=site, html=True)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(BaseHTTPMiddleware, dispatch=check),
        ],
    )


def _has(given: str | None, token: str) -> bool:
    return given is not None and compare_digest(given.encode(), token.encode())


class _Server:
    def __init__(self, context: Context) -> None:
        self.context = context

    async def media(self, request: Request) -> Response:
        """A recording: the file, by ranges, or where the store gives it."""
        asset_id = str(request.path_params["asset_id"])
        try:
            return await run_in_threadpool(self._media, asset_id)
        except UsageError as error:
            return PlainTextResponse(harmless(str(error)), 404)
        except RowkeeperError as error:
            return PlainTextResponse(harmless(str(error)), 503)

    def _media(self, asset_id: str) -> Response:
        with reader(self.context) as warehouse:
            files = warehouse.records(LocalFile, LOCAL, [asset_id])
        for file in files:
            place = self._below(file.local_file_path)
            if place is not None:
                return _played(place, file.mime_type)
        answer = addresses(self.context, asset_id, None, LIFETIME_S)
        for address in answer.addresses:
            url = urlsplit(address.url)
            if url.scheme == "file":
                return _played(Path(url2pathname(url.path)), files[0].mime_type if files else None)
            return RedirectResponse(address.url, 307, {"Cache-Control": "no-store"})
        raise UsageError(next(iter(answer.missing.values())))

    def _below(self, path: str | None) -> Path | None:
        """The file at ``path``, if it is one of the data folder's."""
        try:
            place = asset_path(self.context.settings.data_dir, path) if path else None
        except NeedsPersonError:
            return None
        return place if place and place.is_file() else None

    async def events(self, _: Request) -> Response:
        """What a run does, as server-sent events, while somebody looks on."""
        live = Live(self.context.settings.data_dir)

        async def lines() -> AsyncIterator[str]:
            last = None
            while True:
                said = await run_in_threadpool(live.said)
                yield f"data: {said}\n\n" if said != last else ": still here\n\n"
                last = said
                await asyncio.sleep(EVERY_S)

        return StreamingResponse(lines(), media_type="text/event-stream")


def _played(place: Path, mime_type: str | None) -> Response:
    """A file as media, whatever it holds: a page among them is nothing that a browser shows."""
    is_media = str(mime_type).startswith(PLAYED)
    headers = {"Content-Security-Policy": SANDBOX}
    return FileResponse(
        place, media_type=mime_type if is_media else "application/octet-stream", headers=headers
    )
