"""Where a connection may go: names are looked up once, and private addresses refused.

A link's host may be allowed by its name and yet resolve to this machine or its network, at once or
at the second look-up. So the address that was checked is the one that is connected to.
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import ClassVar

import urllib3
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from rowkeeper.core.errors import PermanentError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
"""What is not for hosts within the IPv6 that is: Teredo, ORCHID and other protocols, documentation,
6to4, AS112."""
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All IPv6 that is given out to hosts. Mapped, compatible and NAT64 forms of IPv4 are outside."""
_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.175.48.0/24"),
    )
)
"""What IANA lists as special and Python takes for public: protocols, AS112, AMT, 6to4 relays."""


class PrivateAddressError(PermanentError):
    """A link leads into a private network."""

    def __init__(self, host: str) -> None:
        super().__init__(
            "private_address",
            f"{host} is in a private network: name its address in network.private_addresses "
            "if that is meant.",
        )


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks of ``10.0.0.0/8`` or ``127.0.0.1``; raises ``ValueError``."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def is_public(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Is ``address`` on the public internet, or in one of ``allowed``?"""
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        if address not in _GLOBAL_V6 or any(address in network for network in _SPECIAL_V6):
            return False
    elif any(address in network for network in _SPECIAL_V4):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, allowed: Iterable[Network]) -> list[str]:
    """The addresses of ``host``, all of them public or allowed.

    Raises ``PrivateAddressError`` if one isn't, and ``OSError`` if there is none.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = list(dict.fromkeys(str(item[4][0]) for item in answers))
    for text in texts:
        if not is_public(ipaddress.ip_address(text.partition("%")[0]), allowed):
            raise PrivateAddressError(host)
    return texts


def check_literal(host: str, allowed: Iterable[Network]) -> None:
    """Raise ``PrivateAddressError`` if ``host`` is itself an address that may not be asked."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return
    if not is_public(address, allowed):
        raise PrivateAddressError(host)


class _CheckedConnection(HTTPConnection):
    """Looks its host up once and goes only to what was checked."""

    private_networks: ClassVar[tuple[Network, ...]] = ()

    def _new_conn(self) -> socket.socket:
        name, failure = self._dns_host, None
        try:
            addresses = resolve(name, self.port, self.private_networks)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        for address in addresses:
            self._dns_host = address
            try:
                return super()._new_conn()
            except HTTPError as error:
                failure = error
            finally:
                self._dns_host = name
        raise failure or NewConnectionError(self, "its name leads nowhere")


class _CheckedTlsConnection(_CheckedConnection, HTTPSConnection):
    """The same, then TLS with the host's own name."""


def guard(manager: urllib3.PoolManager, allowed: tuple[Network, ...]) -> None:
    """Hold all connections of ``manager`` to public addresses and to ``allowed``.

    For a manager that goes straight to its hosts; a proxy looks names up itself.
    """
    plain = type("Plain", (_CheckedConnection,), {"private_networks": allowed})
    tls = type("Tls", (_CheckedTlsConnection,), {"private_networks": allowed})
    manager.pool_classes_by_scheme = {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
