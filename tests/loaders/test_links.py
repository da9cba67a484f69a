"""The links of cells: how a cell is split, what is undone, and which rows it makes."""

import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.links import legacy_row_links, link_rows, sheet_cell_links
from rowkeeper.core.ids import asset_id
from rowkeeper.core.links.escapes import unescaped
from rowkeeper.core.links.text import find_links
from rowkeeper.migration.reconcile.links import silent_links
from tests.fuzz_links import Written, make_cell
from tests.helpers.split_links import DOC, LIST, SPLIT, VIDEO

"""Cells and their links."""


@pytest.mark.parametrize(("cell", "links"), SPLIT)
def test_a_cell_is_split_into_its_links(cell: str, links: list[str]) -> None:
    assert find_links(cell) == links


@pytest.mark.parametrize("before", ["Caf&eacute;", "&copy; &euro;", "&http;", "&#1;", "&#x110000;"])
def test_an_entity_moves_no_link(before: str) -> None:
    assert find_links(f"{before} {VIDEO} {before}x {DOC}") == [VIDEO, DOC]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", "see ", "(", "“", "*", "•", "1.", "x=", '"', "'", "[a](", "\\n")),
            st.sampled_from(
                (VIDEO, LIST, DOC, "https://vimeo.com/1", "drive.google.com/open?id=x")
            ),
            st.sampled_from((" ", "\n", ") ", "” ", "|", '"', "\\u000b", "\\n", "\u200b", "> ")),
        )
    )
)
def test_each_link_is_found_whatever_stands_around_it(parts: list[tuple[str, str, str]]) -> None:
    cell = "".join(before + link + after for before, link, after in parts)
    assert find_links(cell) == [link for _, link, _ in parts]


@given(st.text("abhtps:/.w?=&#%()[]<>'\"\\nu0b|,;*_ \u200b…”", max_size=60))
def test_what_is_found_stands_in_the_text_and_no_address_is_left(text: str) -> None:
    rest = text
    for link in find_links(text):
        assert link in rest
        rest = rest.partition(link)[2]
    assert not re.search(r"https?://\w+\.\w", text) or find_links(text)


def test_a_link_of_any_length_ends_somewhere() -> None:
    long = f"https://a.example/?x={'y' * 5000}&z="
    assert find_links(long + VIDEO) == [long, VIDEO]
    unseen = "youtu.be/" + "\u200b" * 5000
    assert find_links(f"{unseen} {unseen}x=" * 20)[:1] == ["youtu.be/"]
    assert len(find_links("\\" * 50_000 + VIDEO + ")?x=https://a.example" * 500)) == 501


def test_escapes_are_undone() -> None:
    assert (
        unescaped("https://a.example/?b=1&amp;amp;copy\\u003d2") == "https://a.example/?b=1&copy=2"
    )
    assert unescaped("https://a.example/\\ud800\\u0000") == "https://a.example/\\ud800\\u0000"
    assert unescaped("https://youtu.be/\u200baaaaaaa\u00adaaaa") == VIDEO
    assert unescaped("www.example.com/x") == "https://www.example.com/x"
    assert unescaped("https:&#x2F;&#47;a.example/?v\\x3d1") == "https://a.example/?v=1"
    assert unescaped("https%3A%2F%2Fa.example%2Fb") == "https://a.example/b"
    assert unescaped("htps://https:///a.example/b") == "https://a.example/b"
    assert unescaped("HTTP://a.example/http://b") == "HTTP://a.example/http://b"
    assert unescaped("a.example:443/b") == "https://a.example:443/b"


def test_a_plain_scan_agrees_with_the_finder() -> None:
    dice = Random(14)
    for _ in range(2000):
        written = Written(Path())
        cell = make_cell(dice, written)
        links = find_links(cell)
        assert Counter(links) == written.links, cell
        assert list(silent_links(json.dumps([cell]), sorted(links, key=len, reverse=True))) == []


@given(st.text())
def test_any_text_makes_rows_or_none(text: str) -> None:
    rows = link_rows(find_links(text), row_key="k", source="sheet", row_id=text, column="notes")
    assert len({row["link_key"] for row in rows}) >= 0


def test_links_behind_and_in_the_text_are_one() -> None:
    assert sheet_cell_links(f"second part: {VIDEO}", [VIDEO]) == [VIDEO]
    assert sheet_cell_links(f"see {VIDEO}", [DOC]) == [DOC, VIDEO]


def rows(
    url: str, row_id: str = " 7\u200b", column: str = "name", source: str = "sheet"
) -> list[dict[str, object]]:
    return list(link_rows([url], row_key="k:2", source=source, row_id=row_id, column=column))


@pytest.mark.parametrize(
    "column", ["name", "notes", "link", "status", "interview video", "column_9"]
)
def test_each_kind_of_asset_is_a_row_whatever_the_column(column: str) -> None:
    link_rows = rows(VIDEO, column=column)
    assert [row["link_key"] for row in link_rows] == [
        f"k:2:{column}:0:video",
        f"k:2:{column}:0:transcript",
    ]
    assert [row["asset_id"] for row in link_rows] == [
        asset_id("7", "youtube", "aaaaaaaaaaa", kind) for kind in ("video", "transcript")
    ]
    assert {row["row_id"] for row in link_rows} == {"7"}
    assert {(row["is_content"], row["rule"]) for row in link_rows} == {(True, "")}


@pytest.mark.parametrize(
    ("url", "row_id", "column", "source", "is_content", "rule"),
    [
        (VIDEO, "", "name", "sheet", True, ""),
        (VIDEO, " \u200b", "name", "sheet", True, ""),
        (VIDEO, "7", "type", "sheet", False, "typing document"),
        (VIDEO, "7", "type", "legacy_csv", False, "typing document"),
        (VIDEO, "7", "download_errors", "legacy_csv", False, "tracking column"),
        ("https://odysee.com/1", "7", "name", "sheet", False, ""),
        ("mailto:a@b.c", "7", "email", "sheet", False, ""),
    ],
)
def test_no_owner_or_no_content_asks_for_no_asset(
    url: str, row_id: str, column: str, source: str, is_content: bool, rule: str
) -> None:
    (row,) = rows(url, row_id, column, source)
    assert (row["asset_kind"], row["asset_id"]) == (None, None)
    assert (row["is_content"], row["rule"]) == (is_content, rule)
    assert row["link_key"] == f"k:2:{column}:0:"


def test_what_an_earlier_system_knew_has_its_assets_but_is_not_content() -> None:
    link_rows = rows(VIDEO, column="extracted_links", source="legacy_csv")
    assert [row["asset_id"] for row in link_rows] == [
        asset_id("7", "youtube", "aaaaaaaaaaa", kind) for kind in ("video", "transcript")
    ]
    assert {(row["is_content"], row["rule"]) for row in link_rows} == {(False, "known earlier")}


def test_every_cell_of_a_legacy_row_is_looked_into() -> None:
    cells = {"row_id": "7", "name": f"Ann {VIDEO}", "link": DOC, "s3_paths": VIDEO, "x": VIDEO}
    link_rows = legacy_row_links(cells.items(), "k", "7")
    columns = {row["column_name"]: row["is_content"] for row in link_rows}
    assert columns == {"name": True, "link": True, "s3_paths": False, "x": True}
