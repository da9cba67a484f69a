"""Links into private networks: every spelling is refused, and so is a name that changes."""

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloaders.http import HttpClient
from rowkeeper.core.errors import TransferError
from rowkeeper.core.net.addresses import is_public, networks
from rowkeeper.core.net.hosts import Hosts
from tests.fakes.clients import settings_in
from tests.fakes.flaky import Flaky, flaky_server

SPELLED = """
127.0.0.1 127.0.0.2 127.1 127.0.1 127.255.255.255 0 0.0.0.0 0.0 0.1.2.3 2130706433 017700000001
0x7f000001 0x7F.0.0.1 0177.0.0.1 0177.0.0.01 0x7f.1 127.0x0.0.1 127.00.00.01 localhost LOCALHOST
10.0.0.1 10.255.255.255 012.0.0.1 167772161 172.16.0.1 172.31.255.255 0xac.0x10.0.1 192.168.0.1
192.168.1.254 3232235521 0300.0250.0.1 169.254.169.254 169.254.0.1 2852039166 0xa9fea9fe
0251.0376.0251.0376 100.64.0.1 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 [::1] [::] [0:0:0:0:0:0:0:1] [0000::0001]
[::ffff:127.0.0.1] [::FFFF:7F00:1] [::127.0.0.1] [::ffff:10.0.0.1] [::ffff:a9fe:a9fe]
[64:ff9b::7f00:1] [64:ff9b::10.0.0.1] [64:ff9b:1::1] [2002:7f00:1::] [2002:a00:1::1] [2001::1]
[2001:db8::1] [fe80::1] [fe80::1%25lo] [fc00::1] [fd12:3456::1] [fec0::1] [ff02::1] [100::1]
192.88.99.1 192.0.0.9 192.0.0.170 192.31.196.1 192.52.193.1 192.175.48.1 0xc0.0x58.99.1
[3fff::1] [3fff:fff::1] [5f00::1] [100:0:0:1::1] [64:ff9b:1:2::808:808] [2001:2::1] [2001:10::1]
[2001:20::1] [2001:30::1] [2001:1::1] [2620:4f:8000::1] [::ffff:0:808:808] [4000::1] [1000::1]
[64:ff9b::808:808] [2002:808:808::1] [::ffff:192.88.99.1]
"""
SPELLINGS = tuple(SPELLED.split())
"""Decimal, octal, hexadecimal and short forms; mapped, compatible, NAT64, 6to4 and Teredo ones."""


@pytest.fixture
def server() -> Iterator[Flaky]:
    with flaky_server(share=0.0) as site:
        yield site


def ask(tmp_path: Path, host: str, *, port: str, allowed: str = "") -> bytes:
    settings = settings_in(tmp_path, timeout_s=2, private_addresses=[allowed] if allowed else [])
    hosts = Hosts.of_config([f"{host}:{port}"])
    with HttpClient(settings, "direct").open(f"http://{host}:{port}/x", hosts) as response:
        return response.read()


def port_of(server: Flaky) -> str:
    return server.host.rpartition(":")[2]


def test_there_are_sixty_spellings() -> None:
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_leads_into_a_private_network(server: Flaky, tmp_path: Path, host: str) -> None:
    with pytest.raises(TransferError) as caught:
        ask(tmp_path, host, port=port_of(server))
    assert caught.value.code in {"private_address", "host_not_allowed"}
    assert not server.served


@pytest.mark.parametrize(
    "url",
    [
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://127.0.0.1\\@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org#@127.0.0.1/",
        "http://127.0.0.1%2f.example.org/",
        "file://127.0.0.1/etc/passwd",
        "//127.0.0.1/",
        "http:/127.0.0.1/",
        "http://127.0.0.1\t/",
        "http://127.0.0.1./",
        "http://localhost./",
    ],
)
def test_tricks_with_the_address_lead_nowhere(tmp_path: Path, url: str) -> None:
    client = HttpClient(settings_in(tmp_path, timeout_s=2), "direct")
    hosts = Hosts.of_config(
        ["example.org", "127.0.0.1", "127.0.0.1.", "localhost.", "①②⑦.⓪.⓪.①", "127。0。0。1"]
    )
    with pytest.raises(TransferError) as caught, client.open(url, hosts):
        raise AssertionError
    assert caught.value.code in {"private_address", "host_not_allowed", "transport"}


def test_what_the_config_names_may_be_asked(server: Flaky, tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert ask(tmp_path, host, port=port_of(server), allowed="127.0.0.0/8")
    with pytest.raises(TransferError):
        ask(tmp_path, "127.0.0.1", port=port_of(server), allowed="10.0.0.0/8")


def test_a_name_is_looked_up_once_and_that_address_is_asked(
    server: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Public at the first look-up, private at the second: nobody looks twice."""
    asked, dialled = [], []
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])

    def lookup(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host.endswith("example.org"):
            asked.append(host)
            host = next(answers)
        dialled.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    def connect(_: socket.socket, address: Any) -> None:
        raise ConnectionRefusedError(address)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(TransferError) as caught:
        ask(tmp_path, "rebind.example.org", port=port_of(server))
    assert caught.value.code == "transport"
    assert asked == ["rebind.example.org"]
    assert "127.0.0.1" not in dialled
    with pytest.raises(TransferError) as caught:
        ask(tmp_path, "rebind.example.org", port=port_of(server))
    assert caught.value.code == "private_address"
    assert not server.served


def test_one_private_address_among_several_is_enough(
    server: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
        for address in ("93.184.216.34", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(TransferError, match="private network"):
        ask(tmp_path, "mixed.example.org", port=port_of(server))


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_no_more_public(address: ipaddress.IPv4Address) -> None:
    if not is_public(address):
        for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
            inside = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(address))
            assert not is_public(inside)
        assert is_public(address, networks([str(address)]))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "192.167.1.1", "2001:4860:4860::8888", "2a00:1450::1"]
)
def test_what_is_public_may_be_asked(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
