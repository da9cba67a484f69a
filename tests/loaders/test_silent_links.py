"""The scan that no link may escape agrees with the finder, and sees what the finder would lose."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from random import Random

import pytest
from jinja2 import Environment

from loaders.links import sheet_cell_links
from rowkeeper.core.links.text import find_links
from rowkeeper.core.text import to_json
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.migration.reconcile.links import silent_links
from tests.fuzz_links import Written, make_cell
from tests.helpers.split_links import SPLIT

V, D, L = "dQw4w9WgXcQ", "1AbCdEfGhIjKlMnOpQrStUvWxYz012345", "0123456789abcdef" * 2
ODD = (
    *("http://mailto:ann@x.org", f"www.https://youtu.be/{V}", f"youtube.com/youtu.be/{V}"),
    *(f"https://youtu.be/youtu.be/{V}", "www.---", "www.-x", "http://http://", "https://x.org//y"),
    f"https://drive.google.com/drive.google.com/file/d/{D}",
    *(
        "https://x.org/mailto:a@b.org",
        "https://ftp://x.org/a",
        f"https://https%3A%2F%2Fyoutu.be/{V}",
    ),
    *(
        "youtube.com/http://",
        "http://b1&amp;.",
        "https://x.org/redirect/zoommtg://zoom.us/join",
        "mundai.ly/x",
        "www.-.com",
    ),
)
PIECES = (
    *("https://", "http://", "HTTP://", "www.", "https%3A%2F%2F", "mailto:", "ftp://", "http", "h"),
    *(
        "youtu.be/",
        "youtube.com/",
        "drive.google.com/",
        "docs.google.com/",
        "vimeo.com/",
        "loom.com/",
    ),
    *(
        "x.org",
        "x.org/",
        "co.uk",
        "AAAAAAAAAAA",
        "v=",
        "watch?v=",
        "a",
        "b1",
        "é",
        "и",
        "视",
        "dai.ly/",
    ),
    *"-_., ()[]\"'/?=&%#@:;|*{}<>!…~+\n\u200b",
    *("\\n", "\\u000b", "&amp;", "&nbsp;", "_x000D_", "&eacute;", "&#1;"),
)
HOSTS = (
    "vimeo.com/123456789",
    "player.vimeo.com/video/123456789",
    f"loom.com/share/{L}",
    "dailymotion.com/video/x8abcde",
    "dai.ly/x8abcde",
    f"spreadsheets.google.com/ccc?key={D}",
    f"lh3.googleusercontent.com/d/{D}",
    f"youtu.be/{V}",
)
SCAN, MACROS = (
    Path("dbt_project/tests/assert_no_link_is_silent.sql"),
    "dbt_project/macros/links.sql",
)


def scan_sql(engine: Target) -> str:
    """The test of the build as SQL, on tables of the same names."""
    macros = Environment().from_string(Path(MACROS).read_text()).module
    dialect = "duckdb" if engine.type == "duckdb" else "default"
    captured = getattr(macros, f"{dialect}__all_captured")
    return Environment().from_string(SCAN.read_text()).render(ref=str, all_captured=captured)


def silent(engine: Target, rows: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[str, str]]:
    """The rows, each the JSON of its cells and the links in the mart, that would stop a build, with
    an address."""
    keys = [f"s:{number}" for number in range(len(rows))]
    links = [(key, url, url) for key, (_, urls) in zip(keys, rows, strict=True) for url in urls]
    with connect(engine) as warehouse:
        for table, columns in (
            ("stg_sheet__rows", "row_key, cells"),
            ("stg_legacy__rows", "row_key, cells"),
            ("links", "row_key, link_key, url"),
        ):
            columns_sql = columns.replace(",", " text,")
            warehouse.execute(f"drop table if exists {table}")
            warehouse.execute(f"create table {table} ({columns_sql} text)")
        cells = [(key, cells) for key, (cells, _) in zip(keys, rows, strict=True)]
        warehouse.insert("stg_sheet__rows", ["row_key", "cells"], cells)
        warehouse.insert("links", ["row_key", "link_key", "url"], links)
        missing = warehouse.query(scan_sql(engine))
    return [(rows[_number(row)][0], row[1]) for row in sorted(missing, key=_number)]


def _number(row: Row) -> int:
    return int(row[0][2:])


def test_no_cell_stops_a_build(engine: Target) -> None:
    dice = Random(14)
    cells = [cell for cell, _ in SPLIT] + list(ODD)
    cells += ["".join(dice.choices(PIECES, k=dice.randint(1, 6))) for _ in range(20_000)]
    cells += [make_cell(dice, Written(Path())) for _ in range(1_000)]
    rows = [(to_json([cell]), find_links(cell)) for cell in cells]
    assert silent(engine, rows) == []


def test_reconcile_takes_no_end_of_a_link_for_another() -> None:
    for cell in (*(cell for cell, _ in SPLIT), *ODD):
        known = sorted(find_links(cell), key=len, reverse=True)
        assert list(silent_links(to_json([cell]), known)) == [], cell


@pytest.mark.parametrize("bare", HOSTS)
@pytest.mark.parametrize(
    "cell", ["https://youtu.be/AAAAAAAAAAA{}{}", "{1}{0}{1}", "{1}/{1}", "1-{1}", "/{1}", "视频{1}"]
)
def test_a_known_host_without_a_scheme_is_found(cell: str, bare: str) -> None:
    for mark in ",;/&.!#(":
        assert bare in [link.rstrip(mark) for link in find_links(cell.format(mark, bare))]


def test_a_known_host_that_is_lost_is_seen(engine: Target) -> None:
    known = ["https://youtu.be/AAAAAAAAAAA"]
    around = ("x,{}", "x视{}", "https://youtu.be/AAAAAAAAAAA {}")
    lost = [to_json([cell.format(bare)]) for cell in around for bare in HOSTS]
    assert [len(list(silent_links(cells, known))) for cells in lost] == [1] * len(lost)
    assert [cells for cells, _ in silent(engine, [(cells, known) for cells in lost])] == lost


def test_one_of_two_that_is_lost_stops_the_build(engine: Target) -> None:
    typing, document = (f"https://docs.google.com/document/d/{x}/edit" for x in (D, D[::-1]))
    lost = [
        (to_json([typing, document]), [typing]),
        (to_json([typing, typing]), [typing]),
        (to_json([{"title": "x", "text": f"{typing} {typing}", "links": []}]), [typing]),
        (to_json([{"title": "x", "text": f"{typing} {document}", "links": [typing]}]), [typing]),
    ]
    assert {cells for cells, _ in silent(engine, lost)} == {cells for cells, _ in lost}
    for text, behind in product((typing, f"{typing} {typing}", ""), ([typing], [typing, document])):
        cell = {"title": typing, "text": text, "links": behind}
        assert silent(engine, [(to_json([cell]), sheet_cell_links(text, behind))]) == []
