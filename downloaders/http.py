"""A pooled HTTP client that goes only where it may, checked before each request and redirect."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import Message
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, IncompleteRead, LocationParseError

from downloaders.base import FetchSettings, Progress
from downloaders.unpacking import ZLIB, check_known, unpacked
from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
    TransferError,
    causes,
)
from rowkeeper.core.net.addresses import check_literal
from rowkeeper.core.net.hosts import Hosts, led_to
from rowkeeper.core.net.route import retry_after
from rowkeeper.core.net.speed import TooSlowError
from rowkeeper.core.net.throttle import site_of
from rowkeeper.core.text import encodable

CHUNK = 1 << 18
MAX_DIGITS = 18
"""Of a number that a site tells: no file has more bytes, and each database takes it."""
MAX_DISPOSITION = 8192
"""Characters of a header that names a file: its parser takes the square of their number."""
MAX_REDIRECTS = 10
MAX_PAGE = 16 << 20
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECRET_HEADERS = frozenset({"Authorization", "X-Goog-Api-Key", "X-Goog-Drive-Resource-Keys"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpClient:
    """One pool of connections for all threads, at the pace of ``site``."""

    def __init__(self, settings: FetchSettings, site: str) -> None:
        seconds = settings.download.timeout_s
        self._site, self._throttle = site, settings.throttle
        self._private = settings.route.private
        self._pool = settings.route.pool(
            is_guarded=True,
            timeout=urllib3.Timeout(connect=seconds, read=seconds),
            retries=False,
            maxsize=settings.download.workers,
            headers={
                "User-Agent": USER_AGENT,
                "Accept-Encoding": "identity",
                "Accept-Language": "en",  # the rules know what a page says in English
            },
        )

    @contextmanager
    def open(
        self, url: str, hosts: Hosts, headers: Mapping[str, str] | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """The answer to GET ``url`` after redirects, whatever its status; its body unread.

        Keys and tokens among ``headers`` go to the host of ``url`` alone.
        """
        response = self._follow(url, hosts, dict(headers or {}))
        try:
            with _transport_errors():
                yield response
        finally:
            response.close()

    def location(self, url: str, hosts: Hosts) -> str | None:
        """Where GET ``url`` is sent on to, without going there; None if it is not sent on."""
        response = self._ask(url, hosts, {})
        response.close()
        return response.headers.get("Location") if response.status in REDIRECTS else None

    def _follow(self, url: str, hosts: Hosts, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        for hops in range(MAX_REDIRECTS + 1):
            response = self._ask(url, hosts, headers, is_led=hops > 0)
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or not location:
                return response
            response.close()  # its body may have no end
            target = led_to(url, location)
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                for name in SECRET_HEADERS & headers.keys():
                    del headers[name]
            url = target
        raise PermanentError("too_many_redirects", f"More than {MAX_REDIRECTS} redirects.")

    def _ask(
        self, url: str, hosts: Hosts, headers: Mapping[str, str], *, is_led: bool = False
    ) -> urllib3.BaseHTTPResponse:
        hosts.check(url, is_led=is_led)
        check_literal(urlsplit(url).hostname or "", self._private)
        self._throttle.wait(self._site, site_of(self._site, url))
        merged = {**self._pool.headers, **headers}
        with _transport_errors():
            return self._pool.request(
                "GET", url, headers=merged, redirect=False, preload_content=False
            )


def filename_of(response: urllib3.BaseHTTPResponse) -> str | None:
    """The name in Content-Disposition, RFC 6266, as data. None without one."""
    header = response.headers.get("Content-Disposition", "")
    if not header or len(header) > MAX_DISPOSITION:
        return None
    if extended := re.search(r"filename\*=\s*utf-8''([^;\s]+)", header, re.IGNORECASE):
        name = unquote(extended[1], errors="replace")
    else:
        message = Message()
        message["Content-Disposition"] = header
        try:
            name = message.get_filename() or ""
        except ValueError:  # it names an encoding that is none
            return None
        with suppress(UnicodeError):  # headers are read as latin-1, and Google writes UTF-8
            name = name.encode("latin-1").decode("utf-8")
    return encodable(name.replace("\x00", ""))[:255] or None


def mime_of(response: urllib3.BaseHTTPResponse) -> str:
    """The media type without its parameters, lower case."""
    value = response.headers.get("Content-Type", "application/octet-stream")
    return value.partition(";")[0].strip().lower()


def read_page(response: urllib3.BaseHTTPResponse) -> str:
    """A small page as text; raises ``PermanentError`` beyond 16 MiB."""
    body = bytearray()
    for chunk in response.stream(CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_PAGE:
            raise PermanentError("too_large", "The page is larger than 16 MiB.")
    return body.decode("utf-8", "replace")


def stream(response: urllib3.BaseHTTPResponse, progress: Progress) -> Iterator[bytes]:
    """The body in pieces, unpacked; raises ``RetryLaterError`` when it ends before its end."""
    encoding = encoding_of(response)
    check_known(encoding)
    is_packed, is_zlib = encoding != "identity", encoding in ZLIB
    total = None if is_packed else length_of(response)
    done = 0
    chunks = response.stream(CHUNK, decode_content=is_packed and not is_zlib)
    for chunk in unpacked(chunks, CHUNK) if is_zlib else chunks:
        done += len(chunk)
        progress(done, total)
        yield chunk
    if total is not None and done != total:
        raise RetryLaterError("truncated", f"{done} of {total} bytes arrived.")


def length_of(response: urllib3.BaseHTTPResponse) -> int | None:
    """The Content-Length in bytes, if the answer has one."""
    length = response.headers.get("Content-Length", "")
    return int(length[:MAX_DIGITS]) if length.isascii() and length.isdigit() else None


def is_encoded(response: urllib3.BaseHTTPResponse) -> bool:
    """Is the body compressed, though that was not asked for?"""
    return encoding_of(response) != "identity"


def encoding_of(response: urllib3.BaseHTTPResponse) -> str:
    """How the body is packed, in lower case; ``identity`` if it is not."""
    return response.headers.get("Content-Encoding", "").strip().lower() or "identity"


def status_error(status: int, host: str, retry_after_s: float | None = None) -> TransferError:
    """What an HTTP status of 400 and more says about trying again.

    Most of those below 500 name no reason: a proxy, a cookie or a limited session gives them, too.
    """
    kinds: dict[int, tuple[type[TransferError], str, str]] = {
        401: (NeedsPersonError, "permission_denied", "wants somebody to sign in"),
        402: (NeedsPersonError, "http_402", "wants somebody to pay"),
        403: (NeedsPersonError, "permission_denied", "refuses access"),
        404: (PermanentError, "not_found", "knows no such thing"),
        407: (NeedsPersonError, "http_407", "is behind a proxy that wants somebody to sign in"),
        408: (RetryLaterError, "http_408", "took too long"),
        410: (PermanentError, "gone", "says that it is gone for good"),
        425: (RetryLaterError, "http_425", "is not ready"),
        429: (PauseSiteError, "rate_limited", "wants no more requests for now"),
        451: (PermanentError, "http_451", "names a legal reason"),
    }
    default = AmbiguousError if status < 500 else RetryLaterError
    make, code, words = kinds.get(status, (default, f"http_{status}", "failed"))
    error = make(code, f"{host} {words} (HTTP {status}).")
    error.retry_after_s = retry_after_s
    return error


def raise_for_status(response: urllib3.BaseHTTPResponse, host: str) -> None:
    """Raise :func:`status_error` for a status that isn't 2xx."""
    if not 200 <= response.status < 300:
        raise status_error(max(response.status, 400), host, retry_after(response.headers))


@contextmanager
def _transport_errors() -> Iterator[None]:
    try:
        yield
    except LocationParseError:
        raise PermanentError("host_not_allowed", "The link is not a web address.") from None
    except IncompleteRead as error:
        raise RetryLaterError("truncated", f"The line dropped: {error}.") from None
    except HTTPError as error:
        for slow in causes(error):
            if isinstance(slow, TooSlowError):
                raise RetryLaterError("too_slow", f"The source trickles: {slow}.") from None
        cause = getattr(error, "reason", None) or error
        name = type(cause).__name__
        if "IncompleteRead" in repr(error):
            raise RetryLaterError("truncated", "The line dropped before the end.") from None
        raise RetryLaterError("transport", f"No answer: {name}: {cause}.") from None
