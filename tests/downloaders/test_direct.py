"""Media by their own address: listed hosts, types, and names that decide nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from downloaders.base import Fetched
from downloaders.registry import Registry
from rowkeeper.core.errors import AmbiguousError, RetryLaterError, TransferError, Verdict
from rowkeeper.core.links.classify import classify
from tests.fakes.clients import request_for
from tests.helpers.transfers import Answers, local_settings, serving


@pytest.fixture
def server() -> Iterator[Answers]:
    with serving(Answers(body=bytes(100))) as answers:
        yield answers


def fetch(
    answers: Answers, folder: Path, path: str = "a.mp4", listed: str | None = None
) -> Fetched:
    host = answers.host if listed is None else listed
    settings = local_settings(folder, hosts=(host,))
    request = request_for("direct", "file", f"http://{answers.host}/{path}")
    return Registry(settings).for_request(request).fetch(request, folder, lambda *_: None)


@pytest.mark.parametrize(
    ("mime_type", "path", "extension"),
    [
        ("video/mp4", "film.mp4", "mp4"),
        ("audio/mpeg", "sound.mp3", "mp3"),
        ("image/png", "picture", "png"),
        ("application/pdf", "text.pdf", "pdf"),
        ("text/plain; charset=utf-8", "words.txt", "txt"),
        ("application/octet-stream", "film.mov", "mov"),
        ("video/webm", "film.p%61rt", "webm"),
    ],
)
def test_media_are_fetched(
    server: Answers, tmp_path: Path, mime_type: str, path: str, extension: str
) -> None:
    server.headers = {"Content-Type": mime_type}
    fetched = fetch(server, tmp_path, path)
    assert fetched.path.suffix == f".{extension}"
    assert fetched.mime_type == mime_type.partition(";")[0]
    assert fetched.path.read_bytes() == server.body


@pytest.mark.parametrize(
    "mime_type", ["text/html", "text/css", "application/javascript", "application/zip", ""]
)
def test_what_is_no_media_is_refused(server: Answers, tmp_path: Path, mime_type: str) -> None:
    server.headers = {"Content-Type": mime_type}
    with pytest.raises(TransferError) as caught:
        fetch(server, tmp_path, "a")
    assert (caught.value.code, caught.value.verdict) == ("not_media", Verdict.PERMANENT)
    with pytest.raises(AmbiguousError, match="not to media") as doubted:
        fetch(server, tmp_path)  # in the place of a film
    assert doubted.value.code == "not_media"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mime_type", "path"),
    [
        ("video/mp4", "watch"),
        ("application/octet-stream", "a.mp4"),
        ("text/plain", "a.mp4"),
        ("application/pdf", "a"),
        ("application/octet-stream", "a.pdf"),
        ("image/png", "a.mp4"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"<!DOCTYPE html><html>Sign in</html>", b'{"error": "quota"}', b"Quota exceeded", b""],
)
def test_what_comes_in_the_place_of_a_file_is_not_kept(
    server: Answers, tmp_path: Path, mime_type: str, path: str, body: bytes
) -> None:
    """It may pass: nothing says that the file itself is gone."""
    server.headers, server.body = {"Content-Type": mime_type}, body
    with pytest.raises(RetryLaterError, match=" came instead of ") as caught:
        fetch(server, tmp_path, path)
    assert caught.value.code == ("not_media" if body else "empty")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mime_type", "path", "body"),
    [
        ("text/plain", "empty.txt", b""),
        ("application/octet-stream", "words", b"words"),
        ("text/plain", "a.srt", b"<i>words</i>"),
        ("application/pdf", "a.pdf", b"\n%PDF-1.4\n"),
        ("image/svg+xml", "a.svg", b"<svg/>"),
    ],
)
def test_what_may_be_text_is_kept(
    server: Answers, tmp_path: Path, mime_type: str, path: str, body: bytes
) -> None:
    server.headers, server.body = {"Content-Type": mime_type}, body
    assert fetch(server, tmp_path, path).path.read_bytes() == body


def test_the_bytes_say_what_no_header_tells(server: Answers, tmp_path: Path) -> None:
    server.headers = {"Content-Type": "application/octet-stream"}
    server.body = b"\x00\x00\x00\x18ftypmp42" + bytes(80)
    fetched = fetch(server, tmp_path, "download")
    assert (fetched.mime_type, fetched.path.suffix) == ("video/mp4", ".mp4")


def test_a_host_that_nobody_listed_needs_a_person(server: Answers, tmp_path: Path) -> None:
    for listed in ("example.org", server.host.partition(":")[0], f".{server.host}"):
        with pytest.raises(TransferError, match=r"download\.hosts") as caught:
            fetch(server, tmp_path, listed=listed)
        assert (caught.value.code, caught.value.verdict) == (
            "host_not_allowed",
            Verdict.NEEDS_PERSON,
        )
    assert server.asked == []


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="../../../etc/passwd"',
        'attachment; filename="C:\\\\evil.exe"',
        "attachment; filename*=UTF-8''..%2F..%2Fevil%00.sh",
        'attachment; filename="x.part"',
        f'attachment; filename="{"n" * 5000}.mp4"',
    ],
)
def test_no_header_decides_where_a_byte_lands(
    server: Answers, tmp_path: Path, disposition: str
) -> None:
    server.headers = {"Content-Type": "video/mp4", "Content-Disposition": disposition}
    fetched = fetch(server, tmp_path)
    assert fetched.path.parent == tmp_path
    assert (
        fetched.path.stem == request_for("direct", "file", f"http://{server.host}/a.mp4").asset_id
    )
    assert fetched.path.suffix[1:].isalnum()
    assert len(fetched.filename or "") <= 255


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (404, "not_found", Verdict.PERMANENT),
        (410, "gone", Verdict.PERMANENT),
        (451, "http_451", Verdict.PERMANENT),
        (401, "permission_denied", Verdict.NEEDS_PERSON),
        (403, "permission_denied", Verdict.NEEDS_PERSON),
        (408, "http_408", Verdict.RETRY),
        (429, "rate_limited", Verdict.PAUSE),
        (500, "http_500", Verdict.RETRY),
        (503, "http_503", Verdict.RETRY),
    ],
)
def test_each_status_has_its_verdict(
    server: Answers, tmp_path: Path, status: int, code: str, verdict: Verdict
) -> None:
    server.status, server.headers = status, {"Content-Type": "text/html", "Retry-After": "77"}
    with pytest.raises(TransferError) as caught:
        fetch(server, tmp_path)
    assert (caught.value.code, caught.value.verdict) == (code, verdict)
    assert caught.value.retry_after_s == 77


@pytest.mark.parametrize(
    ("url", "kinds"),
    [
        ("https://media.example.org/a/film.MP4", ("file",)),
        ("http://media.example.org/a.pdf?download=1", ("file",)),
        ("https://media.example.org/page.html", ()),
        ("https://media.example.org/", ()),
        ("https://user:secret@media.example.org/a.mp4", ()),
        ("https://ssl.gstatic.com/a.png", ()),
    ],
)
def test_links_to_media_ask_for_a_file(url: str, kinds: tuple[str, ...]) -> None:
    assert classify(url).asset_kinds == kinds
