"""The hosts that a downloader may ask, checked before each request and after each redirect."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    TransferError,
)
from rowkeeper.core.links.link import LONGEST_LINK

GOOGLE = re.compile(r"(?:[\w-]+\.)*(?:google(?:\.com?)?\.[a-z]{2,3}|youtube\.com)")
BLOCKED = "/sorry"
"""Where Google, of whatever country, sends those who ask too often."""
SIGN_IN = re.compile(
    r"(?:accounts?|auth\d?|login|signin|sso|saml|idp|adfs|sts)[.-].*|.*\.okta\.com"
    r"|[^/]*/(?:.*/)?(?:accounts/\w*login|servicelogin|saml2?|sso|adfs|oauth2)(?:/.*)?",
    re.IGNORECASE,
)
"""The hosts and paths where somebody has to sign in, Google's own and those of an organisation."""
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

    def check(self, url: str, *, is_led: bool = False) -> None:
        """Raise a ``TransferError`` unless ``url`` may be asked.

        ``is_led``: it is no link that somebody wrote, but where an answer leads, which may be of
        the asker's making: that is never final at first sight.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise PermanentError("host_not_allowed", "The link is not a web address.") from None
        if GOOGLE.fullmatch(host) and parts.path.startswith(BLOCKED):
            raise PauseSiteError("rate_limited", "Google wants no more requests for now.")
        if host in self.sign_in:
            raise _sign_in(host)
        if self._allows(parts, host, port):
            return
        if is_led and SIGN_IN.fullmatch(f"{host}{parts.path}"):
            raise _sign_in(host)
        words = f"leads to {parts.scheme}://{host[:253]}, which is not allowed."
        if is_led:
            raise AmbiguousError("led_elsewhere", f"An answer {words}")
        raise PermanentError("host_not_allowed", f"The link {words}")

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


def led_to(url: str, target: str) -> str:
    """The address to which ``target``, in an answer of ``url``, leads.

    Raises ``AmbiguousError`` if that is none, or longer than any.
    """
    try:
        if len(target) <= LONGEST_LINK:
            return urljoin(url, target)
    except ValueError:
        pass
    raise AmbiguousError("led_elsewhere", "An answer leads to what is no web address.")


def _sign_in(host: str) -> NeedsPersonError:
    words = f"{host[:253]} asks to sign in: share it with anyone who has the link."
    return NeedsPersonError("permission_denied", words)
