"""A pooled HTTP client that goes only where it may, checked before each request and redirect."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead, LocationParseError

from downloaders.base import FetchSettings, Progress
from rowkeeper.errors import (
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
    TransferError,
)

CHUNK = 1 << 18
MAX_REDIRECTS = 10
MAX_PAGE = 16 << 20
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BLOCKED = (frozenset({"www.google.com", "google.com", "ipv4.google.com"}), "/sorry")
"""Where Google sends those who ask too often."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Hosts:
    """The hosts that may be asked, over HTTPS on its own port.

    A name that starts with a dot stands for all hosts below it. A redirect to one of ``sign_in``
    means that the resource isn't public.
    """

    allowed: frozenset[str]
    sign_in: frozenset[str] = frozenset()

    def check(self, url: str) -> None:
        """Raise a ``TransferError`` unless ``url`` may be asked."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise PermanentError("host_not_allowed", "The link is not a web address.") from None
        if host in BLOCKED[0] and parts.path.startswith(BLOCKED[1]):
            raise PauseSiteError("rate_limited", "Google wants no more requests for now.")
        if host in self.sign_in:
            raise NeedsPersonError(
                "permission_denied",
                f"{host} asks to sign in: share it with anyone who has the link.",
            )
        below = any(name.startswith(".") and host.endswith(name) for name in self.allowed)
        plain = parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc
        if not plain or not (below or host in self.allowed):
            raise PermanentError(
                "host_not_allowed",
                f"The link leads to {parts.scheme}://{host}, which is not allowed.",
            )


class HttpClient:
    """One pool of connections for all threads."""

    def __init__(self, settings: FetchSettings) -> None:
        timeout = urllib3.Timeout(connect=settings.timeout_s, read=settings.timeout_s)
        ca_file = str(settings.ca_file) if settings.ca_file else None
        options: dict[str, Any] = {
            "timeout": timeout,
            "retries": False,
            "maxsize": settings.workers,
            "ssl_context": ssl.create_default_context(cafile=ca_file),
            "headers": {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        }
        self._pool: urllib3.PoolManager = (
            urllib3.ProxyManager(settings.proxy, **options)
            if settings.proxy
            else urllib3.PoolManager(**options)
        )

    @contextmanager
    def open(self, url: str, hosts: Hosts) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer to GET ``url`` after redirects, whatever its status; its body unread."""
        response = self._follow(url, hosts)
        try:
            with _transport_errors():
                yield response
        finally:
            response.close()

    def _follow(self, url: str, hosts: Hosts) -> urllib3.BaseHTTPResponse:
        for _ in range(MAX_REDIRECTS + 1):
            hosts.check(url)
            with _transport_errors():
                response = self._pool.request("GET", url, redirect=False, preload_content=False)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or not location:
                return response
            with _transport_errors():
                response.drain_conn()
            response.release_conn()
            url = urljoin(url, location)
        raise PermanentError("too_many_redirects", f"More than {MAX_REDIRECTS} redirects.")


def read_page(response: urllib3.BaseHTTPResponse) -> str:
    """A small page as text; raises ``PermanentError`` beyond 16 MiB."""
    body = bytearray()
    for chunk in response.stream(CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_PAGE:
            raise PermanentError("too_large", "The page is larger than 16 MiB.")
    return body.decode("utf-8", "replace")


def stream(response: urllib3.BaseHTTPResponse, progress: Progress) -> Iterator[bytes]:
    """The body in pieces; raises ``RetryLaterError`` when it ends before its Content-Length."""
    length = response.headers.get("Content-Length", "")
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    total = int(length) if length.isdigit() and not encoded else None
    done = 0
    for chunk in response.stream(CHUNK, decode_content=True):
        done += len(chunk)
        progress(done, total)
        yield chunk
    if total is not None and done != total:
        raise RetryLaterError("truncated", f"{done} of {total} bytes arrived.")


def status_error(status: int, host: str) -> TransferError:
    """What an HTTP status of 400 and more says about trying again."""
    kinds: dict[int, tuple[Callable[[str, str], TransferError], str, str]] = {
        401: (NeedsPersonError, "permission_denied", "wants somebody to sign in"),
        403: (NeedsPersonError, "permission_denied", "refuses access"),
        404: (PermanentError, "not_found", "knows no such thing"),
        408: (RetryLaterError, "http_408", "took too long"),
        410: (PermanentError, "gone", "says that it is gone for good"),
        429: (PauseSiteError, "rate_limited", "wants no more requests for now"),
    }
    default = PermanentError if status < 500 else RetryLaterError
    make, code, words = kinds.get(status, (default, f"http_{status}", "failed"))
    return make(code, f"{host} {words} (HTTP {status}).")


def raise_for_status(response: urllib3.BaseHTTPResponse, host: str) -> None:
    """Raise :func:`status_error` for a status that isn't 2xx."""
    if not 200 <= response.status < 300:
        raise status_error(max(response.status, 400), host)


@contextmanager
def _transport_errors() -> Iterator[None]:
    try:
        yield
    except LocationParseError:
        raise PermanentError("host_not_allowed", "The link is not a web address.") from None
    except IncompleteRead as error:
        raise RetryLaterError("truncated", f"The line dropped: {error}.") from None
    except HTTPError as error:
        cause = getattr(error, "reason", None) or error
        name = type(cause).__name__
        if "IncompleteRead" in repr(error):
            raise RetryLaterError("truncated", "The line dropped before the end.") from None
        raise RetryLaterError("transport", f"No answer: {name}: {cause}.") from None
