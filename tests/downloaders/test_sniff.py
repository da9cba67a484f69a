"""Files are known by their bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.net.sniff import HEAD, is_belied, is_hollow, is_html, kind_of
from tests.fakes import media

EBML = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82"
KINDS: list[tuple[bytes, str | None]] = [
    (b"%PDF-1.7\n", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
    (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
    (b"OggS\0\2" + bytes(22) + b"\x01\x1eOpusHead", "audio/ogg"),
    (EBML + b"\x84webmB\x87", "video/webm"),
    (EBML + b"\x88matroskaB\x87", "video/x-matroska"),
    (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
    (b"\0\0\0\x18ftyp3gp5\0\0\0\0", "video/3gpp"),
    (b"\0\0\0\x18ftypdash\0\0\0\0iso6", "video/mp4"),
    (b"G" + bytes(187) + b"G", "video/mp2t"),
    (b"\xef\xbb\xbf\n <!-- x --><!DOCTYPE HTML><html>", "text/html"),
    ("<html>".encode("utf-16"), "text/html"),
    (b"<!doctype  html>", "text/html"),
    (b"<title>x</title>", "text/html"),
    (b"<!-- x --><script>1</script><html>", "text/html"),
    (b"<!--ftyp--><html>", "text/html"),
    (b"abcdftypisom", "text/plain"),
    (b"WEBVTT\nKind: captions\n", "text/vtt"),
    (b"WEBVTTX", "text/plain"),
    (b"<p>a fragment", "text/plain"),
    ("é".encode() * HEAD, "text/plain"),
    (b"a" + "é".encode() * HEAD, "text/plain"),
    (b"", None),
    (b"\x00\x01\x02", None),
    (b"caf\xe9 au lait", None),
]


@pytest.mark.parametrize(("head", "kind"), KINDS)
def test_kinds(head: bytes, kind: str | None) -> None:
    assert kind_of(head) == kind
    assert is_html(head) == (kind == "text/html")


def test_many_comments_take_no_longer() -> None:
    began = time.process_time()
    assert kind_of(b"<!-- -->" * 1000 + b"x") == "text/plain"
    assert time.process_time() - began < 5  # a second for 22 comments once, and twice that for 23


def test_words_are_no_film() -> None:
    assert is_belied(b"<p>no film", "video/mp4")
    assert is_belied(b"#EXTM3U\n", "audio/mpegurl")
    assert is_belied(b'["no film"]', "video/mp4")
    assert is_belied(b'\xef\xbb\xbf {"error": 1}', "image/png")
    assert is_belied(b"Quota exceeded", "video/mp4")
    assert is_belied(b'{"error": 1}', "application/pdf")
    assert not is_belied(b"\n%PDF-1.4\n", "application/pdf")
    assert not is_belied(b"", "video/mp4")
    assert not is_belied(b"<svg/>", "image/svg+xml")
    assert not is_belied(b"WEBVTT\n", "text/vtt")
    assert not is_belied(b"\xff\xfb\x90", "audio/mpeg")


@pytest.mark.parametrize(
    ("head", "declared", "hollow"),
    [
        (b"", "video/mp4", True),
        (b"", "application/pdf", True),
        (b"", "image/svg+xml", False),
        (b"", "text/plain", False),
        (b"", "application/octet-stream", False),
        (b"x", "video/mp4", False),
    ],
)
def test_nothing_is_no_film(head: bytes, declared: str, hollow: bool) -> None:
    assert is_hollow(head, declared) is hollow


def test_what_ffmpeg_made() -> None:
    assert kind_of(media.film()) == kind_of(media.picture()) == "video/mp4"
    assert kind_of(media.sound()) == "audio/mp4"


@given(st.binary(max_size=600))
def test_any_bytes(head: bytes) -> None:
    kind = kind_of(head)
    assert kind is None or "/" in kind
    assert is_html(head) == (kind == "text/html")


@given(st.binary(max_size=300))
def test_a_page_is_a_page_whatever_follows(rest: bytes) -> None:
    assert kind_of(b"<!doctype html>" + rest) == "text/html"
    assert is_html(b"<!doctype html>" + rest)
