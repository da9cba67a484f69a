"""Sheets that cost: each is refused or read soon, in one sentence, within bounds of memory."""

import gzip
import io
import random
import time
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from lxml import etree

from downloaders.http import HttpClient, read_page
from loaders import page as sheet_page
from loaders.bounds import USUAL
from loaders.columns import Columns
from loaders.doubts import unknown_emails
from loaders.grid import read_tabs
from loaders.page import Page
from loaders.workbook_parts import look_through
from rowkeeper.core import markup, text
from rowkeeper.core.errors import InputError, PermanentError
from rowkeeper.core.identity import compare_key
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.text import trimmed
from tests.helpers.transfers import Answers, local_settings, serving

ATTRIBUTES = " ".join(f"a{number}=1" for number in range(50_000))
SECONDS = 20


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("<tr></tr>" * 300_000, "more than 100,000 rows"),
        ("<tr><td></td></tr>" * 3_000_000, "tags"),
        ("<tr><th>1</th><td>" + "<a href='https://a.org/x'>x</a>" * 20_000, "10,000 links"),
        (f"<tr><td {ATTRIBUTES}>x</td></tr>", "1000 attributes"),
        ("<tr><td " + ATTRIBUTES.replace("=1", '="<"') + ">x</td></tr>", "1000 attributes"),
        (f"<!-- <script> --><tr><td {ATTRIBUTES}>x</td></tr>", "1000 attributes"),
        ("<tr><td>" + "<div>" * 200_000, "too deep"),
    ],
)
def test_a_page_that_costs_is_refused_in_a_sentence(rows: str, words: str) -> None:
    body = f"<html><table class='waffle'>{rows}</table></html>".encode()
    with pytest.raises(InputError, match=words):
        read_tabs(Page("the page", "file:///x", body))


@pytest.mark.parametrize(
    "part",
    [
        "<cellXfs>" + "<xf/>" * 200_000 + "</cellXfs>",
        "<mergeCells>" + '<mergeCell ref="A1:B1"/>' * 20_000 + "</mergeCells>",
        '<dataValidation sqref="' + "A1 " * 1_000_000 + '"/>',
    ],
)
def test_a_workbook_of_formats_is_refused_in_a_sentence(part: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/styles.xml", part)
    with (
        zipfile.ZipFile(packed) as archive,
        pytest.raises(InputError, match="too many formats, rules or merged cells"),
    ):
        look_through("The sheet", archive, USUAL)


def test_tables_in_tables_are_read_once() -> None:
    nested = "<table class='waffle'><tr><td>" * 50 + "x" * 1000 + "</td></tr></table>" * 50
    (tab,) = read_tabs(Page("the page", "file:///x", f"<html>{nested}</html>".encode()))
    assert sum(len(cell.text) for line in tab.lines for cell in line.cells) == 1000


@pytest.mark.parametrize(
    "cost",
    [
        lambda: compare_key("a" + "\u0301\u0316" * 40_000),
        lambda: trimmed(" \u200b" * 400_000),
        lambda: unknown_emails(
            Columns(("a",), {}), [["a@" + "." * 40_000 + "@"] for _ in range(3)]
        ),
    ],
)
def test_a_cell_takes_a_time_that_grows_with_its_length(cost: Callable[[], object]) -> None:
    begun = time.process_time()
    cost()
    assert time.process_time() - begun < 3  # 6 to 40 seconds


def test_marks_are_put_in_the_order_of_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MANY_MARKS", 0)
    draw = random.Random(25)
    signs = (
        "a\u0301\u0316\u0344\u0f73\u0f71\u1100\u1161\u11a8\uac00é\u212b\ufb01\u0345α\u1e69 \ufdfa\0"
    )
    for _ in range(5000):
        drawn = "".join(draw.choices(signs, k=draw.randint(0, 9)))
        assert text.compatible(drawn) == unicodedata.normalize("NFKC", drawn), ascii(drawn)


SOUP = [
    *("<a ", "<b", "<script ", "<script>", "</script>", "</a ", "</style >", "<style>", "<!--"),
    *("-->", "--!>", "->", ">", '"', "'", "=", " ", "/", "<", "<?", "<!", "x", "a0=1 ", "c0 "),
    *('d0="', "e0='", 'f="<" ', 'g=">" ', "a b c d e", "<title>", "</title>", "<xmp>", "</xmp>"),
    *("<textarea>", "</textarea >", "<iframe>", "</iframe>", "<noscript>", "<svg>", "<![CDATA["),
    *("<plaintext>", "\n", "1", "é"),
]


class Widest:
    """What a parser tells: the most attributes of one element."""

    most = 0

    def start(self, _: str, attributes: dict[str, str]) -> None:
        self.most = max(self.most, len(attributes))

    def end(self, _: str) -> None:
        pass

    data = comment = end

    def close(self) -> None:
        pass


def test_no_soup_has_more_attributes_than_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MANY_ATTRIBUTES", 3)
    monkeypatch.setattr(markup, "_LONG", 3)
    draw, crowded = random.Random(25), 0
    for _ in range(5000):
        soup = "".join(draw.choices(SOUP, k=draw.randint(3, 22))) + " h i j k l>"
        parser = etree.HTMLParser(target=Widest())  # type: ignore[arg-type]
        parser.feed(f"<p>{soup}")
        with suppress(etree.LxmlError):
            parser.close()
        crowded += parser.target.most > 3
        assert parser.target.most <= 3 or markup.cost(soup), soup
    assert crowded > 200


def test_scripts_without_an_end_are_looked_through_once() -> None:
    body = "<html><table><tr><td>x</td></tr></table>" + "<script>" * 1_000_000
    assert len(read_tabs(Page("the page", "file:///x", body.encode()))) == 1


def test_a_gzip_that_becomes_much_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(bytes(300 << 20))
    assert len(bomb) < 400_000
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
    tracemalloc.start()
    try:
        with serving(Answers(body=bomb, headers=headers, etag=None)) as answers:
            with pytest.raises(InputError, match="max_bytes"):
                sheet_page.read_page(f"http://{answers.host}/x")
            client = HttpClient(local_settings(tmp_path), "direct")
            url, hosts = f"http://{answers.host}/x", Hosts.of_config([answers.host])
            with client.open(url, hosts) as response, pytest.raises(PermanentError, match="16 MiB"):
                read_page(response)
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()
