"""The page behind a sheet's URL: fetched, redirected, in frames, refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from loaders.frames import read_frames
from loaders.page import Page, public_url, read_page
from loaders.sheet import load_sheet
from rowkeeper.core.errors import InputError, SourceUnavailableError
from tests.helpers.loopback import serving
from tests.helpers.samples import GID, make_samples

HEAD = "<td>#</td><td>Name</td>"


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.page.BACKOFF_S", 0)


def sheet(gid: str, *rows: str) -> bytes:
    shown = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<html><div id="{gid}"><table class="waffle">{shown}</table></div></html>'.encode()


@contextmanager
def site(answers: dict[str, tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers[self.path]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as url:
        yield url


def test_the_page_is_fetched_over_http(tmp_path: Path) -> None:
    make_samples(tmp_path)
    body = (tmp_path / "sheet.html").read_bytes()
    path = f"/pubhtml?gid={GID}&token=secret"
    with site({"/s": (302, {"Location": path}, b""), path: (200, {}, body)}) as root:
        assert len(load_sheet(f"{root}/s").rows) == 71
        direct = load_sheet(f"{root}{path}#frag")
    assert direct.source == f"{root}/pubhtml?gid={GID}"


def framed(*items: tuple[str, str, str]) -> bytes:
    pushed = "".join(
        f'items.push({{name: "{name}", pageUrl: "{url}", gid: "{gid}",initialSheet: true}});'
        for name, url, gid in items
    )
    return f"<html><script>var items = [];{pushed}</script></html>".encode()


@pytest.mark.parametrize("url", ["https://[x", "//a\u2100.com"])
def test_a_frame_at_no_address_is_a_sentence(url: str) -> None:
    page = Page("The sheet", "https://example.org/pubhtml", framed(("People", url, "1")))
    with pytest.raises(InputError, match="a tab at what is no address"):
        read_frames(page)


def test_half_a_character_of_a_tab_is_none() -> None:
    page = Page("The sheet", "https://example.org/pubhtml", framed(("a\\ud800", "/a", "1")))
    assert [frame.title for frame in read_frames(page)] == ["a\ufffd"]


def test_tabs_in_frames_are_fetched_from_the_same_site_alone() -> None:
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {
        "/sheet?h=0&gid=8": (200, {}, sheet("8", HEAD, "<td>1</td><td>Ann</td>")),
        "/sheet?h=0&gid=7": (200, {}, sheet("7", "<td>Read me</td>")),
    }
    with site(answers) as root:
        frame = f"{root}/sheet?h\\x3d0&gid=".replace("/", "\\/")
        items = [("Read\\/me", f"{frame}7", "7"), ("People", f"{frame}8", "8")]
        answers["/pubhtml"] = (200, {}, framed(*items))
        snapshot = load_sheet(f"{root}/pubhtml")
        assert (snapshot.tab_gid, snapshot.tab_title, snapshot.source) == (
            "8",
            "People",
            f"{root}/pubhtml",
        )
        assert load_sheet(f"{root}/pubhtml", "people").content_sha256 == snapshot.content_sha256
        with pytest.raises(InputError, match=r"no tab x: .*7 \(Read/me\), 8 \(People\)"):
            load_sheet(f"{root}/pubhtml", "x")
        answers["/pubhtml"] = (200, {}, framed(("People", "http://127.0.0.2/x", "8")))
        with pytest.raises(InputError, match="another site"):
            load_sheet(f"{root}/pubhtml")


def test_a_saved_page_of_frames_says_what_to_save(tmp_path: Path) -> None:
    (tmp_path / "s.html").write_bytes(framed(("People", "https://docs.google.com/x", "8")))
    with pytest.raises(InputError, match="only frames"):
        load_sheet(str(tmp_path / "s.html"))


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ((404, {}, b""), InputError, "is gone .HTTP 404"),
        ((410, {}, b""), InputError, "is gone .HTTP 410"),
        ((403, {}, b""), InputError, "not public"),
        ((400, {}, b""), InputError, "HTTP 400"),
        ((503, {}, b""), SourceUnavailableError, "HTTP 503"),
        ((429, {}, b""), SourceUnavailableError, "HTTP 429"),
        ((302, {"Location": "https://accounts.google.com/x"}, b""), InputError, "sign-in"),
        ((302, {"Location": "/s"}, b""), InputError, "redirects without end"),
        (
            (301, {"Location": "https://example.com/new?key=x"}, b""),
            InputError,
            "moved to https://example.com/new: set sheet.source",
        ),
        ((429, {"Retry-After": "3600"}, b""), SourceUnavailableError, "in 3600 seconds, as it"),
        ((503, {"Retry-After": "soon"}, b""), SourceUnavailableError, "HTTP 503: run again"),
        ((302, {"Location": "file:///etc/hostname"}, b""), InputError, "redirects"),
        ((302, {"Location": "http://[bad/"}, b""), InputError, "redirects to what is no address"),
        ((302, {"Location": "http://h:99999/"}, b""), InputError, "redirects to what is no addr"),
        ((302, {"Location": "//h:abc/"}, b""), InputError, "redirects to what is no address"),
        ((200, {"Content-Length": "999"}, b"<html>"), SourceUnavailableError, "did not answer"),
    ],
)
def test_a_site_that_refuses_says_so(
    answer: tuple[int, dict[str, str], bytes], error: type[Exception], reason: str
) -> None:
    with site({"/s": answer}) as root, pytest.raises(error, match=reason):
        load_sheet(f"{root}/s")


def test_a_site_is_asked_again_when_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

    def wait(seconds: float) -> None:
        waits.append(seconds)
        answers["/s"] = (200, {}, sheet("7", HEAD))

    monkeypatch.setattr("urllib3.util.retry.time.sleep", wait)
    with site(answers) as root:
        for status in (429, 503):
            answers["/s"] = (status, {"Retry-After": "7"}, b"")
            assert read_page(f"{root}/s").body == sheet("7", HEAD)
    assert waits == [7, 7]


def test_a_site_that_is_down_is_tried_again_later() -> None:
    with pytest.raises(SourceUnavailableError, match="did not answer"):
        read_page("http://user:pass@127.0.0.1:9/s")


@pytest.mark.parametrize(
    "source", ["/no/such/sheet.html", "ftp://example.com/x", "http://[", "a\0b"]
)
def test_a_source_that_is_none_is_an_input_error(source: str) -> None:
    with pytest.raises(InputError):
        read_page(source)


def test_the_source_shows_no_secrets() -> None:
    url = "https://me:pw@example.com/d/pubhtml?gid=7&single=true&resourcekey=s#x"
    assert public_url(url) == "https://example.com/d/pubhtml?gid=7&single=true"


def test_a_page_is_sent_again_only_if_it_has_changed(tmp_path: Path) -> None:
    body, asked = sheet("0", HEAD, "<td>1</td><td>Anna</td>"), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            same = self.headers.get("If-None-Match") == '"1"'
            asked.append(same)
            self.send_response(304 if same else 200)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", "0" if same else str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if same else body)

    with serving(Handler) as root:
        url = f"{root}/pubhtml?token=secret"
        pages = [read_page(url, cache_dir=tmp_path).body for _ in range(2)]
        (kept,) = tmp_path.iterdir()
        assert "secret" not in kept.name
        kept.write_bytes(kept.read_bytes()[:-3])  # cut short: it counts as not there
        pages.append(read_page(url, cache_dir=tmp_path).body)
        pages.append(read_page(url).body)
    assert pages == [body] * 4
    assert asked == [False, True, False, False]
