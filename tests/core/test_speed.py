"""A source that trickles is left, whatever it keeps a time-out from."""

import time
from dataclasses import replace

import pytest
import urllib3

from rowkeeper.core.errors import causes
from rowkeeper.core.net.route import DIRECT, retry_after
from rowkeeper.core.net.speed import Floor, TooSlowError
from rowkeeper.core.net.throttle import site_of
from tests.helpers.loopback import HEAD, dripping


@pytest.mark.parametrize(("at_once", "drop"), [(HEAD, b"x"), (b"HTTP/1.1 200 OK\r\nX: ", b"y")])
def test_a_body_and_headers_that_trickle_end(at_once: bytes, drop: bytes) -> None:
    route = replace(DIRECT, floor=Floor(rate=1000.0, seconds=0.3))
    begun = time.monotonic()
    with (
        dripping(at_once, drop) as url,
        route.pool(is_guarded=False, timeout=5, retries=False) as pool,
        pytest.raises(urllib3.exceptions.HTTPError) as caught,
    ):
        pool.request("GET", url)
    assert any(isinstance(cause, TooSlowError) for cause in causes(caught.value))
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("rate", [0.0, 10.0])
def test_what_is_fast_enough_comes(rate: float) -> None:
    route = replace(DIRECT, floor=Floor(rate=rate, seconds=0.2))
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    with dripping(head, b"x") as url, route.pool(is_guarded=False, timeout=5) as pool:
        assert pool.request("GET", url).data == b"x" * 10


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("999999999999", 365 * 86_400.0),
        ("9" * 4000, 365 * 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 365 * 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("", None),
        ("nan", None),
    ],
)
def test_how_long_a_site_may_ask_for(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_a_pause_is_a_hosts() -> None:
    assert site_of("drive", "1abc") == "drive"
    assert site_of("direct", "https://CDN.example.org/a.mp4?x") == "direct cdn.example.org"
    assert site_of("direct", "https://[broken/") == "direct"
