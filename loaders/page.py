"""Fetch the published sheet page, or read the file that somebody saved of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

import urllib3

from loaders.bounds import USUAL, Bounds
from loaders.kept_pages import KeptPages
from rowkeeper.core.errors import InputError, SourceUnavailableError
from rowkeeper.core.net.route import DIRECT, Route, retry_after

PUBLISH = "publish it with File > Share > Publish to web and use the link that ends in /pubhtml"
MAX_REDIRECTS = 5
BACKOFF_S = 0.3
MAX_WAIT_S = 30
_WINDOWS = re.compile(r"(?:^|/)([A-Za-z]):[\\/](.+)$")
PUBLIC_PARAMETERS = {"gid", "single", "output", "widget", "headers", "range"}


@dataclass(frozen=True)
class Page:
    """A page's bytes; ``source`` names it without secrets, ``gid`` is the tab its URL asks for."""

    source: str
    url: str
    body: bytes
    gid: str | None = None


def read_page(
    source: str,
    route: Route = DIRECT,
    cache_dir: Path | None = None,
    bounds: Bounds = USUAL,
) -> Page:
    """The page at ``source``: an http(s) URL, a ``file://`` URL or a path.

    With ``cache_dir`` a page is kept there, and asked for again only if it has changed.

    Raises ``InputError`` when there is no such page or it is larger than ``bounds``,
    ``SourceUnavailableError`` when the site does not answer.
    """
    try:
        parts = urlsplit(source)
        _site(source)
    except ValueError as error:
        raise InputError(f"The sheet's address is no URL ({error}): {PUBLISH}.") from error
    if parts.scheme in ("http", "https"):
        url = _fetchable(source)
        kept = KeptPages(cache_dir) if cache_dir else None
        body = _fetch(url, _pool(route), kept, bounds)
        return Page(public_url(source), url, body, url_gid(source))
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
    elif "://" in source:
        raise InputError(
            f"The sheet {public_url(source)} is neither an http(s) URL nor a file: {PUBLISH}."
        )
    else:
        path = Path(source).expanduser()
    try:
        with path.open("rb") as file:
            body = bounds.read(f"The sheet file {path}", file)
        return Page(str(path.resolve()), path.resolve().as_uri(), body)
    except (OSError, ValueError) as error:
        raise unreadable(path, getattr(error, "strerror", None) or "not a path") from error


def unreadable(path: Path, reason: str | None) -> InputError:
    """A file that isn't there or that can't be opened."""
    remedy = "check sheet.source or --sheet"
    if windows := _WINDOWS.search(str(path)):
        below = windows[2].replace("\\", "/")
        remedy = f"in WSL, that path of Windows is /mnt/{windows[1].lower()}/{below}"
    return InputError(f"The sheet file {path} can't be read ({reason}): {remedy}.")


def url_gid(url: str) -> str | None:
    """The tab that ``url`` asks for by ``gid=`` in its query or its fragment, if any."""
    parts = urlsplit(url)
    return dict(parse_qsl(parts.query) + parse_qsl(parts.fragment)).get("gid")


def public_url(url: str) -> str:
    """``url`` without user name, password, fragment and unknown query parameters."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key in PUBLIC_PARAMETERS]
    return urlunsplit(
        (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(query), "")
    )


def _fetchable(url: str) -> str:
    """``url`` without its fragment, which no server sees."""
    return urlunsplit(urlsplit(url)._replace(fragment=""))


def _fetch(url: str, pool: urllib3.PoolManager, kept: KeptPages | None, bounds: Bounds) -> bytes:
    """The body at ``url`` after at most five redirects, none of them to a sign-in page."""
    source = public_url(url)
    with pool:
        for _ in range(MAX_REDIRECTS + 1):
            if urlsplit(url).hostname == "accounts.google.com":
                raise InputError(f"The sheet {source} asks for a sign-in: {PUBLISH}.")
            if urlsplit(url).scheme not in ("http", "https"):
                break
            if _site(url) != _site(source):
                raise InputError(
                    f"The sheet {source} has moved to {public_url(url)}: set sheet.source to that "
                    "address if it is the sheet."
                )
            body, location = _get(pool, url, source, kept, bounds)
            if location is None:
                return body
            url = _moved(url, location, source)
    raise InputError(f"The sheet {source} redirects without end: check the link in a browser.")


def _moved(url: str, location: str, source: str) -> str:
    """Where a redirect of ``url`` leads."""
    try:
        moved = urljoin(url, location)
        _site(moved)
    except ValueError as error:
        raise InputError(
            f"The sheet {source} redirects to what is no address: check the link in a browser."
        ) from error
    return moved


def _site(url: str) -> tuple[str, int | None]:
    """Host and port; Google's many hosts are one site."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host.endswith((".google.com", ".googleusercontent.com")):
        host = "google.com"
    return host, parts.port


class _Patience(urllib3.Retry):
    """Waits as long as the site asks for by Retry-After; a longer wait is left to the next run."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        return retry_after(response.headers)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        if response is not None and (retry_after(response.headers) or 0) > MAX_WAIT_S:
            raise urllib3.exceptions.MaxRetryError(_pool, url or "", None)
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _pool(route: Route) -> urllib3.PoolManager:
    retries = _Patience(
        total=3,
        redirect=0,
        backoff_factor=BACKOFF_S,
        status_forcelist=(429, 500, 502, 503, 504),
        raise_on_status=False,
        raise_on_redirect=False,
    )
    timeout = urllib3.Timeout(connect=10, read=60)
    # whoever names a sheet may name one on a private address
    return route.pool(is_guarded=False, retries=retries, timeout=timeout)


def _get(
    pool: urllib3.PoolManager, url: str, source: str, kept: KeptPages | None, bounds: Bounds
) -> tuple[bytes, str | None]:
    """One request: the body and no location, or a location to go on to."""
    page = kept.find(url) if kept else None
    headers = page.conditions() if page else {}
    try:
        response = pool.request("GET", url, redirect=False, preload_content=False, headers=headers)
        try:
            if location := response.get_redirect_location():
                return b"", location
            if response.status == 304 and page:
                return page.body, None
            _check_status(response, source)
            parts, size = [], 0
            for chunk in response.stream(2**20):
                parts.append(chunk)
                size += len(chunk)
                bounds.check_bytes(f"The sheet {source}", size)
            body = b"".join(parts)
        finally:
            response.release_conn()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise SourceUnavailableError(
            f"The sheet {source} did not answer ({_reason(error)}): check the network, "
            "network.proxy and network.ca_file, then run again."
        ) from error
    if kept:
        kept.keep(url, response.headers, body)
    return body, None


def _check_status(response: urllib3.BaseHTTPResponse, source: str) -> None:
    """Raise what an HTTP status other than 200 means."""
    status = response.status
    if status == 200:
        return
    if status in (401, 403):
        raise InputError(f"The sheet {source} is not public (HTTP {status}): {PUBLISH}.")
    if status == 429 or status >= 500:
        asked = retry_after(response.headers)
        when = f"in {asked:.0f} seconds, as it asks" if asked else "in a few minutes"
        raise SourceUnavailableError(
            f"The sheet {source} answered HTTP {status}: run again {when}."
        )
    what = "is gone" if status in (404, 410) else "can't be fetched"
    raise InputError(f"The sheet {source} {what} (HTTP {status}): check the link, or {PUBLISH}.")


def _reason(error: BaseException) -> str:
    """The innermost reason of a transport error, by its kind: its text may name secrets."""
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _reason(reason)
    return type(error).__name__
