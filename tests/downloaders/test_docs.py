"""Google's own documents: exports, the links in them, and what is no document."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from downloaders.base import FetchSettings
from downloaders.documents import MAX_LINKS, MAX_OCCURRENCES, read_text
from rowkeeper.core.errors import TransferError, Verdict
from tests.fakes.clients import fetch, request_for
from tests.fakes.internet import HANDLERS, FakeInternet
from tests.fakes.site import Document, Fault, Site, WebRequest, WebResponse, not_found

FILM = "https://www.youtube.com/watch?v=film_______"
OTHER = "other_document"
HTML = f"""<html><head><link href="https://www.gstatic.com/x.css"><script src="https://x.y/z.mp4">
</script></head><body><a href="https://www.google.com/url?q={FILM}&amp;sa=D&amp;ust=1">my film</a>
<a href="https://docs.google.com/document/d/{OTHER}/edit#heading=1">more</a><a id="cmnt1"></a>
<a href="https://docs.google.com/document/d/typing_notes/edit">this one</a>
<a href="https://lh3.googleusercontent.com/a.png">picture</a><a href="mailto:a@b.c">mail</a>
<a href="https://accounts.google.com/signin">in</a><a href="javascript:alert(1)">x</a></body></html>
"""
PUBLIC = f"""<html><head><style>p {{}}</style></head><body><div id="contents">
<style>.c1 {{}}</style>
<h1>About me</h1><p><span>One </span><b>two</b></p><p>three: {FILM}<br>four</p><script>x()</script>
<p><a href="https://www.google.com/url?q=https://odysee.com/1&amp;sa=D">more</a></p></div></body>
</html>"""
SITE = Site(
    documents=[
        Document("typing_notes", "Typing notes", f"Hello\n{FILM} and www.example.org/x", html=HTML),
        Document("table_of_all", "Table", "a,b\n1,", kind="spreadsheet"),
        Document("slides_of_all", "Slides", "x", kind="presentation"),
        Document("private_notes", "x", sign_in=True),
        Document("empty_notes_", "Empty", html=""),
        Document("2PACX-published_1", "Known & public", html=PUBLIC),
    ]
)
BASE = "docs.google.com/document/d/typing_notes/export"


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    with FakeInternet(replace(SITE, faults=[], pages={})) as internet:
        yield internet


@pytest.mark.parametrize(
    ("kind", "media_id", "name", "body"),
    [
        ("document_html", "typing_notes", "Typing notes.html", HTML),
        ("spreadsheet", "table_of_all", "Table.csv", "a,b\n1,"),
        ("spreadsheet", "table_of_all,77", "Table.csv", "a,b\n1,77"),
        ("presentation", "slides_of_all", "Slides.pdf", "%PDF-1.7\nx"),
    ],
)
def test_googles_own_are_exported(
    settings: FetchSettings, kind: str, media_id: str, name: str, body: str
) -> None:
    fetched = fetch(settings, request_for("docs", kind, media_id))
    assert (fetched.filename, fetched.path.read_text()) == (name, body)
    assert fetched.path.suffix == Path(name).suffix


def test_a_published_document_is_fetched_as_page_and_as_text(settings: FetchSettings) -> None:
    text = fetch(settings, request_for("docs", "document", "2PACX-published_1"))
    assert text.path.read_text() == f"About me\nOne two\nthree: {FILM}\nfour\nmore\n"
    assert (text.filename, text.mime_type) == ("Known & public.txt", "text/plain")
    assert text.size_bytes == text.path.stat().st_size
    page = fetch(settings, request_for("docs", "document_html", "2PACX-published_1"))
    assert page.path.read_text().startswith("<html><head><title>Known &amp; public</title>")
    assert (page.filename, page.mime_type) == ("Known & public.html", "text/html")
    assert [child.media_id for child in text.discovered] == ["film_______", "film_______"]
    assert page.discovered == ()
    links = [(link["url"], link["link_type"]) for link in read_text(page.path)["occurrences"]]
    assert links == [("https://www.google.com/url?q=https://odysee.com/1&sa=D", "page")]
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("docs", "document", "2PACX-withdrawn_1"))
    assert caught.value.verdict == Verdict.RETRY
    assert sorted(path.suffix for path in settings.data_dir.glob("*.*")) == [".html", ".txt"]


@pytest.mark.parametrize("title", ["How to sign in", "Access denied: a play", "Sorry... again"])
def test_what_a_published_document_is_called_is_no_refusal(
    net: FakeInternet, settings: FetchSettings, title: str
) -> None:
    page = f"<html><title>{title} - Google Docs</title><body><div id='contents'>x</body></html>"
    net.site.pages["docs.google.com/document/d/e/2PACX-titled_one/pub"] = page
    fetched = fetch(settings, request_for("docs", "document_html", "2PACX-titled_one"))
    assert fetched.filename == f"{title}.html"


@pytest.mark.parametrize("media_id", ["typing_notes", "2PACX-known____1"])
@pytest.mark.parametrize("kind", ["document", "document_html"])
@pytest.mark.parametrize(
    ("page", "code", "verdict"),
    [
        ("<title>Bevor Sie zu Google weitergehen</title>", "not_a_file", Verdict.RETRY),
        ("<title>Anmelden – Google Konten</title>", "not_a_file", Verdict.RETRY),
        ("<title>Google Docs</title>We're sorry. It is not published.", "not_a_file", None),
        ("<title>Google Docs - Page Not Found</title>Sorry.", "not_a_file", Verdict.RETRY),
        ("<title>https://x</title><form id='captcha-form'>", "quota", Verdict.PAUSE),
        ("<title>Sign in - Google Accounts</title>", "permission_denied", Verdict.NEEDS_PERSON),
    ],
)
def test_a_page_is_a_document_only_by_its_marks(
    net: FakeInternet,
    settings: FetchSettings,
    media_id: str,
    kind: str,
    page: str,
    code: str,
    verdict: Verdict | None,
) -> None:
    for path in (BASE, f"docs.google.com/document/d/e/{media_id}/pub"):
        net.site.pages[path] = f"<!doctype html><html><head>{page}</head></html>"
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("docs", kind, media_id))
    assert (caught.value.code, caught.value.verdict) == (code, verdict or Verdict.RETRY)


def test_marks_behind_a_long_style_count(net: FakeInternet, settings: FetchSettings) -> None:
    style = f"<style>{'.c1{color:red}' * 9000}</style>"
    net.site.pages[BASE] = f"<html><head>{style}</head><body class='c1 doc-content'>x</body></html>"
    assert fetch(settings, request_for("docs", "document_html", "typing_notes")).size_bytes > 9000


def test_pages_are_asked_for_in_english(
    settings: FetchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def docs(site: Site, request: WebRequest) -> WebResponse:
        asked.append(request.headers.get("accept-language", ""))
        return not_found()

    monkeypatch.setitem(HANDLERS, "docs.google.com", docs)
    with pytest.raises(TransferError):
        fetch(settings, request_for("docs", "document", "typing_notes"))
    assert set(asked) == {"en"}


def test_links_in_a_document_are_that_persons(settings: FetchSettings) -> None:
    """Noise, sign-in pages and the document itself are left out; redirects are undone."""
    discovered = {
        kind: [
            (child.provider, child.asset_kind, child.media_id)
            for child in fetch(settings, request_for("docs", kind, "typing_notes")).discovered
        ]
        for kind in ("document", "document_html")
    }
    film = [("youtube", kind, "film_______") for kind in ("video", "transcript")]
    assert discovered["document"] == film
    assert discovered["document_html"] == [
        *film,
        ("docs", "document", OTHER),
        ("docs", "document_html", OTHER),
    ]


def test_what_is_read_of_a_document(settings: FetchSettings, tmp_path: Path) -> None:
    text = read_text(fetch(settings, request_for("docs", "document", "typing_notes")).path)
    assert text["text"].startswith("Hello")
    assert text["links"].splitlines() == [FILM, "https://www.example.org/x"]
    page = read_text(fetch(settings, request_for("docs", "document_html", "typing_notes")).path)
    assert "text" not in page
    assert page["links"].splitlines()[0] == FILM
    many = tmp_path / "many.html"
    many.write_text("".join(f'<a href="https://example.org/{n}">x</a>' for n in range(2000)))
    many_told = read_text(many)
    assert len(many_told["links"].splitlines()) == MAX_LINKS
    assert (len(many_told["occurrences"]), many_told.get("left_out")) == (2000, None)
    long = tmp_path / "long.txt"
    long.write_text("x" * 999_990 + " https://example.org/1 " * (MAX_OCCURRENCES + 7))
    details = read_text(long)
    assert (len(details["text"]), len(details["occurrences"])) == (1_000_000, MAX_OCCURRENCES)
    assert details["left_out"] == 7
    empty = fetch(settings, request_for("docs", "document", "empty_notes_"))
    assert read_text(empty.path) == {"text": "", "links": ""}


@pytest.mark.parametrize(
    ("kind", "fault", "code", "verdict"),
    [
        ("document", 404, "not_found", Verdict.RETRY),
        ("document", 410, "gone", Verdict.PERMANENT),
        ("document_html", 404, "not_found", Verdict.RETRY),
        ("document", 401, "permission_denied", Verdict.NEEDS_PERSON),
        ("document_html", 403, "permission_denied", Verdict.NEEDS_PERSON),
        ("document", 429, "rate_limited", Verdict.PAUSE),
        ("document_html", 500, "http_500", Verdict.RETRY),
        ("document", "drop", "transport", Verdict.RETRY),
        ("document", "truncate", "truncated", Verdict.RETRY),
        ("document", "redirect:https://accounts.google.com/x", "permission_denied", None),
        ("document", "page:Sign in - Google Accounts", "permission_denied", None),
        ("document_html", "page:Sign in - Google Accounts", "permission_denied", None),
        ("document", "page:Google Docs: Quota exceeded", "quota", Verdict.PAUSE),
        ("document", "page:You need access", "permission_denied", None),
        ("document", "page:Google Docs: Sign-in", "permission_denied", None),
        ("document_html", "page:Google Drive - Access denied", "permission_denied", None),
        ("document", "page:Sorry...", "quota", Verdict.PAUSE),
        ("document_html", "page:Sorry...", "quota", Verdict.PAUSE),
        ("document", "page:", "empty_page", Verdict.RETRY),
        ("document", "page:Something else", "not_a_file", Verdict.RETRY),
    ],
)
def test_each_refusal_has_its_verdict(
    net: FakeInternet,
    settings: FetchSettings,
    kind: str,
    fault: int | str,
    code: str,
    verdict: Verdict | None,
) -> None:
    words = str(fault)
    if words.startswith("page:"):
        net.site.pages[BASE] = f"<!DOCTYPE html><html><title>{words[5:]}</title></html>"
    else:
        net.site.faults.append(Fault(BASE, fault))
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("docs", kind, "typing_notes"))
    assert (caught.value.code, caught.value.verdict) == (code, verdict or Verdict.NEEDS_PERSON)
    assert list(settings.data_dir.glob("*.txt")) == []
