"""The hosts that a downloader may ask, checked before each request and after each redirect."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from rowkeeper.core.errors import NeedsPersonError, PauseSiteError, PermanentError, TransferError

BLOCKED = (frozenset({"www.google.com", "google.com", "ipv4.google.com"}), "/sorry")
"""Where Google sends those who ask too often."""
PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9._:\[\]-]+")


@dataclass(frozen=True)
class Hosts:
    """The hosts that may be asked, over ``schemes`` on their usual ports.

    A name that starts with a dot stands for all hosts below it; one with a port, ``host:8080``, for
    that port alone. A redirect to one of ``sign_in`` means that the resource isn't public.
    """

    allowed: frozenset[str]
    sign_in: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset({"https"})

    @classmethod
    def of_config(cls, names: Iterable[str]) -> "Hosts":
        """Those that somebody listed, over HTTP and HTTPS."""
        listed = frozenset(name.strip().lower() for name in names if name.strip())
        return cls(allowed=listed, schemes=frozenset(PORTS))

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
        if not self._allows(parts, host, port):
            raise PermanentError(
                "host_not_allowed",
                f"The link leads to {parts.scheme}://{host[:253]}, which is not allowed.",
            )

    def allows(self, url: str) -> bool:
        """May ``url`` be asked?"""
        try:
            self.check(url)
        except TransferError:
            return False
        return True

    def _allows(self, parts: SplitResult, host: str, port: int | None) -> bool:
        if parts.scheme not in self.schemes or "@" in parts.netloc or not _NAME.fullmatch(host):
            return False
        if port not in (None, PORTS[parts.scheme]):
            return f"{host}:{port}" in self.allowed
        below = any(name.startswith(".") and host.endswith(name) for name in self.allowed)
        return below or host in self.allowed
