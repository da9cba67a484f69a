"""The requests of yt-dlp: our own certificates, and each host checked before it is asked."""

import ssl
from collections.abc import Callable
from typing import Any

from yt_dlp.networking._requests import RequestsRH  # type: ignore[import-untyped]
from yt_dlp.networking.exceptions import RequestError  # type: ignore[import-untyped]

from rowkeeper.core.errors import PermanentError, TransferError
from rowkeeper.core.net.addresses import guard
from rowkeeper.core.net.hosts import Hosts, led_to
from rowkeeper.core.net.route import Route
from rowkeeper.core.net.speed import watch

LARGEST_PAGE = 64 << 20


class StrayedError(RequestError):  # type: ignore[misc]
    """yt-dlp was led to where it may not go; ``reason`` is the error of the house."""

    def __init__(self, reason: TransferError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _bounded(response: Any) -> Any:
    """``response``, no page of which is read beyond 64 MiB, however small it came packed."""
    read = response.read

    def bounded(amt: int | None = None) -> bytes:
        if amt is not None:
            return bytes(read(amt))
        body = bytes(read(LARGEST_PAGE + 1))
        if len(body) > LARGEST_PAGE:
            raise StrayedError(PermanentError("too_large", "The page is larger than 64 MiB."))
        return body

    response.read = bounded
    return response


class GuardedRH(RequestsRH):  # type: ignore[misc]
    """yt-dlp's request handler, held to ``hosts`` before each request and each redirect."""

    hosts = Hosts(frozenset())
    route = Route()
    named: Hosts | None = None
    """Whom ``download.youtube.extractor_args`` names: somebody's own provider of tokens."""

    def _make_sslcontext(self, legacy_ssl_support: bool | None = None) -> ssl.SSLContext:
        if self.route.ca_file:
            return self.route.tls()
        context: ssl.SSLContext = super()._make_sslcontext(legacy_ssl_support)
        return context

    def _create_instance(self, *args: Any, **kwargs: Any) -> Any:
        session = super()._create_instance(*args, **kwargs)
        session.hooks["response"].append(self._check_redirect)
        if (private := self.route.guarded) is not None:
            for adapter in session.adapters.values():
                guard(adapter.poolmanager, private)
        for adapter in session.adapters.values():
            watch(adapter.poolmanager, self.route.floor)
            adapter.proxy_manager_for = self._watched(adapter.proxy_manager_for)
        return session

    def _watched(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """``make``, which keeps what it makes, with each manager held to the floor of speed."""
        known: dict[int, Any] = {}

        def made(*args: Any, **options: Any) -> Any:
            manager = make(*args, **options)
            if id(manager) not in known:
                known[id(manager)] = watch(manager, self.route.floor)
            return manager

        return made

    def _send(self, request: Any) -> Any:
        self._check(request.url)
        try:
            return _bounded(super()._send(request))
        except TransferError as error:
            raise StrayedError(error) from None

    def _check_redirect(self, response: Any, *_: Any, **__: Any) -> None:
        if response.is_redirect:
            self._check(response.url, response.headers["location"])

    def _check(self, url: str, target: str = "") -> None:
        """Raise unless ``url`` may be asked, or where an answer of it leads by ``target``."""
        try:
            url = led_to(url, target)
            if self.named is None or not self.named.allows(url):
                self.hosts.check(url, is_led=True)  # what is asked first is made from an id
        except TransferError as error:
            raise StrayedError(error) from None
