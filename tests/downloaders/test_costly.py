"""Pages, documents and lists that cost: each ends soon; what was not looked at is not complete."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from downloaders import documents
from downloaders.base import Fetched
from downloaders.google import answers, drive
from downloaders.passages import cut_captions, cut_text
from downloaders.readings import content_key
from rowkeeper.core.errors import PermanentError
from rowkeeper.core.links.classify import classify
from rowkeeper.core.links.link import LONGEST_LINK
from rowkeeper.core.links.text import find_links
from rowkeeper.core.text import from_json
from tests.fakes.clients import request_for, settings_in

LINK = "https://drive.google.com/file/d/1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/view"
NESTED = "https://www.google.com/url?q=" * 30_000 + LINK
CROWDED = "<html><a " + " ".join(f"a{n}=1" for n in range(50_000)) + f" href='{LINK}'>x</a></html>"
DEEP = "<html>" + "<div>" * 200_000 + f"<a href='{LINK}'>x</a>" + "</div>" * 200_000 + "</html>"
SECONDS = 20
"""On a busy machine; each took minutes or longer."""


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS


def read(folder: Path, text: str, suffix: str) -> tuple[Fetched, dict[str, Any]]:
    path = folder / f"x{suffix}"
    path.write_text(text)
    kind = "document" if suffix == ".txt" else "document_html"
    fetched = Fetched(path=path, filename="x", mime_type="", size_bytes=1, sha256="")
    request = request_for("docs", kind, "1" + "b" * 30)
    return documents.read_links(request, fetched, path), documents.read_text(path)


@pytest.mark.parametrize(
    "text",
    [
        "&amp;amp;" * 120_000,
        "https://a.org/?x=" + "&amp;amp;" * 120_000,
        "https://a.org/x" + "." * 1_000_000,
        "a." * 500_000 + "/",
        "a+" * 500_000,
        "_" * 500_000 + "https://a.org/x" + "_" * 500_000,
        NESTED,
    ],
)
def test_a_text_takes_a_time_that_grows_with_its_length(tmp_path: Path, text: str) -> None:
    fetched, details = read(tmp_path, f"{text} {LINK}", ".txt")
    assert LINK in details["links"].splitlines()
    assert fetched.details == {"complete": True}
    assert max(len(line) for line in details["links"].splitlines()) <= LONGEST_LINK + 8


@pytest.mark.parametrize(
    "page",
    [b"<a " * 1_300_000, (b"<a" + b" class=x" * 35) * 14_000, b"<a class=" + b"c " * 2_000_000],
)
def test_a_documents_marks_are_looked_for_in_linear_time(page: bytes) -> None:
    assert answers.EXPORTED.search(page) is None
    assert answers.EXPORTED.search(page + b'<body class="c4 doc-content">')


def test_links_in_each_other_are_looked_into_as_far_as_anybody_puts_them() -> None:
    assert classify("https://www.google.com/url?q=" * 40 + LINK).provider == "drive"
    assert classify(NESTED).link_type == "unsupported"
    assert find_links("x " * 10 + LINK + " " + LINK, 1) == [LINK]


@pytest.mark.parametrize(
    ("text", "suffix", "words"),
    [
        (f"{LINK}\n" * 60_000, ".txt", "20,000 links"),
        ("word " * 900_000 + LINK, ".txt", "4,000,000 characters"),
        (f"<html>{f'<a href={LINK}>x</a>' * 30_000}</html>", ".html", "20,000 links"),
        (CROWDED, ".html", "1000 attributes"),
        (DEEP, ".html", "too deep"),
        ("<html>" + "<b>" * 2_000_001, ".html", "2,000,000 tags"),
    ],
)
def test_what_is_not_looked_at_is_not_complete(
    tmp_path: Path, text: str, suffix: str, words: str
) -> None:
    fetched, _ = read(tmp_path, text, suffix)
    assert fetched.details["complete"] is False
    assert words in fetched.details["incomplete_because"]
    assert fetched.path.exists()


@pytest.mark.parametrize("page", [CROWDED, DEEP])
def test_a_page_that_costs_is_refused_in_a_sentence(tmp_path: Path, page: str) -> None:
    with pytest.raises(PermanentError, match="as no page of Google") as caught:
        answers.parse(page)
    assert caught.value.code == "too_complex"
    (tmp_path / "x.html").write_text(page)
    assert content_key(tmp_path / "x.html", "text/html") is None


@pytest.mark.parametrize(
    ("page", "title"),
    [
        *((page, "") for page in ("", "\0", "<!-- x -->", "<?x", "<!")),
        ("<?xml version='1.0' encoding='latin-1'?><html><title>É</title></html>", "É"),
    ],
)
def test_a_page_without_an_element_or_with_its_own_encoding_is_read(page: str, title: str) -> None:
    assert answers.title_of(answers.parse(page)) == title


@pytest.mark.parametrize("noise", [b"/ModDate(", b"<pdf:a>", b"/ID [", b"/ModDate " + b" " * 30])
def test_a_pdf_of_noise_is_hashed_all_the_same(tmp_path: Path, noise: bytes) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4" + noise * 200_000)
    assert content_key(tmp_path / "x.pdf", "application/pdf")


def test_a_folder_of_too_many_entries_is_cut_and_not_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = (
        '<div class="flip-entry"><a href="https://drive.google.com/file/d/1{:030d}/view">'
        '<div class="flip-entry-title">f</div></a></div>'
    )
    page = "<html>" + "".join(entry.format(number) for number in range(50_000)) + "</html>"
    monkeypatch.setattr(drive, "read_page", lambda _: page)
    monkeypatch.setattr(answers, "check_status", lambda *_: None)

    @contextmanager
    def opened(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(headers={"Content-Type": "text/html"}, status=200)

    downloader = drive.DriveDownloader(settings_in(tmp_path, max_folder=1000))
    downloader._client = SimpleNamespace(open=opened)  # type: ignore[assignment]
    request = request_for("drive", "folder", "1" + "b" * 30)
    fetched = downloader.fetch(request, tmp_path, lambda *_: None)
    assert (len(fetched.discovered), fetched.details["left_out"]) == (1000, 49_000)
    assert fetched.details["complete"] is False
    assert "download.max_folder is 1000" in fetched.details["incomplete_because"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 200 + "]" * 200])
@pytest.mark.parametrize("form", [str, str.encode])
def test_json_that_nests_too_deep_is_no_json(text: str, form: Callable[[str], Any]) -> None:
    with pytest.raises(ValueError, match="in each other"):
        from_json(form(text))


def test_json_with_many_brackets_is_json() -> None:
    for text in ('["' + "[" * 101 + '\\"' * 200_000, "[" * 101 + '"' + '\\"' * 200_000, "[1e999]"):
        with pytest.raises(ValueError):  # noqa: PT011
            from_json(text)
    assert from_json('["[[[", ' + ", ".join(["[]"] * 300) + "]")[0] == "[[["


def test_captions_of_very_many_blank_lines_and_one_line_of_megabytes() -> None:
    blank = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n" + "\ufeff\r" * 150_000
    (one,) = cut_captions(blank, rolling=True)
    assert one.text.strip() == "Hello"
    pieces = cut_text("a" * 40_000_000)
    assert sum(len(piece.text) for piece in pieces) == 40_000_000
