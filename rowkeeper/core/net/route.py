"""How requests leave this machine, from which every client is made, and when to ask again."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import urllib3

from rowkeeper.core import clock
from rowkeeper.core.net.addresses import Network, guard, networks
from rowkeeper.core.net.speed import USUAL, Floor, watch

if TYPE_CHECKING:
    from rowkeeper.core import setting_sections


@dataclass(frozen=True, kw_only=True)
class Route:
    """``proxy``: an HTTP proxy for all fetches. ``ca_file``: PEM of the authorities to trust.

    ``private``: the private networks that links may lead to. ``floor``: how slow an answer may be.
    """

    proxy: str | None = None
    ca_file: Path | None = None
    private: tuple[Network, ...] = ()
    floor: Floor = USUAL

    @classmethod
    def of(cls, network: "setting_sections.Network") -> Self:
        """The line that the settings ask for."""
        return cls(
            proxy=network.proxy,
            ca_file=network.ca_file,
            private=networks(network.private_addresses),
        )

    @property
    def verify(self) -> str | None:
        """The authorities as requests and botocore take them; None for their own."""
        return str(self.ca_file) if self.ca_file else None

    @property
    def guarded(self) -> tuple[Network, ...] | None:
        """The private networks to hold connections to; None where a proxy looks names up."""
        return None if self.proxy else self.private

    def tls(self) -> ssl.SSLContext:
        """TLS that trusts ``ca_file``, or what the machine trusts."""
        return _trusting(self.verify)

    def pool(self, *, is_guarded: bool, **options: Any) -> urllib3.PoolManager:
        """A pool of connections, with ``options`` of urllib3's.

        ``is_guarded``: it goes to public addresses and to ``private`` only.
        """
        options = {"ssl_context": self.tls(), **options}
        if self.proxy:
            return watch(urllib3.ProxyManager(self.proxy, **options), self.floor)
        manager = urllib3.PoolManager(**options)
        if is_guarded:
            guard(manager, self.private)
        return watch(manager, self.floor)

    def httplib2(self, timeout_s: float) -> Any:
        """An ``httplib2.Http``, which Google's clients want; it serves one thread.

        It follows no redirect: Google's APIs make none, and one would lead past the lists of hosts.
        """
        import httplib2

        given: dict[str, Any] = {"ca_certs": self.verify} if self.ca_file else {}
        given["proxy_info"] = None  # or it would take one from the environment
        if self.proxy:
            given["proxy_info"] = httplib2.proxy_info_from_url(self.proxy, noproxy="")
        http = httplib2.Http(timeout=timeout_s, **given)
        http.follow_redirects = False
        return http


@cache
def _trusting(ca_file: str | None) -> ssl.SSLContext:
    """One for all clients of a process: to read the authorities takes longer than a small file."""
    return ssl.create_default_context(cafile=ca_file)


LONGEST_S = 365 * 86_400.0
DIRECT = Route()
"""Without a proxy, trusting what the machine trusts."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of Retry-After, a number or a date, if the headers of an answer have it.

    A year at most: what a site says beyond that is no number to reckon with.
    """
    value = (headers.get("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_S)
    try:
        until = parsedate_to_datetime(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, (until - clock.now()).total_seconds()), LONGEST_S)
