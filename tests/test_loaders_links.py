"""The links of cells: how a cell is split, what is undone, and which rows it makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.links import link_rows, sheet_cell_links
from rowkeeper.ids import asset_id
from rowkeeper.text_links import split_links, unescaped

LIST = "https://www.youtube.com/watch_videos?video_ids=aaaaaaaaaaa,bbbbbbbbbbb"
DOC = "https://docs.google.com/document/d/1abcdefghijklmnopqrstuvwxyz/edit?usp=x&amp;y=1"
VIDEO = "https://youtu.be/aaaaaaaaaaa"


@pytest.mark.parametrize(
    ("cell", "links"),
    [
        *(
            (nothing, [])
            for nothing in ("", "-", "'-", "nan", "None", "[]", "{}", " \u200b", "Ann")
        ),
        (LIST, [LIST]),
        (f"{LIST},{VIDEO}", [LIST, VIDEO]),
        (f"{LIST}, {VIDEO};{DOC}", [LIST, VIDEO, DOC]),
        (f"{VIDEO}|mailto:a@example.com|{DOC}", [VIDEO, "mailto:a@example.com", DOC]),
        (f"{VIDEO}\n{DOC}\r\n", [VIDEO, DOC]),
        (f"['{VIDEO}', '{DOC}']", [VIDEO, DOC]),
        (f"second part: {VIDEO}", [VIDEO]),
        (f"-|{VIDEO}|-", [VIDEO]),
        ("youtu.be/aaaaaaaaaaa", ["youtu.be/aaaaaaaaaaa"]),
    ],
)
def test_a_cell_is_split_into_its_links(cell: str, links: list[str]) -> None:
    assert split_links(cell) == links


def test_escapes_are_undone() -> None:
    assert (
        unescaped("https://a.example/?b=1&amp;amp;copy\\u003d2") == "https://a.example/?b=1&copy=2"
    )
    assert unescaped("https://a.example/\\ud800\\u0000") == "https://a.example/\\ud800\\u0000"
    assert unescaped("www.example.com/x") == "https://www.example.com/x"


@given(st.text())
def test_any_text_makes_rows_or_none(text: str) -> None:
    rows = link_rows(
        split_links(text), row_key="k", source="sheet", row_id=text, column="notes", is_content=True
    )
    assert len({row["link_key"] for row in rows}) >= 0


def test_links_behind_and_in_the_text_are_one() -> None:
    assert sheet_cell_links(f"second part: {VIDEO}", [VIDEO]) == [VIDEO]
    assert sheet_cell_links(f"see {VIDEO}", [DOC]) == [DOC, VIDEO]


def rows(url: str, row_id: str = " 7\u200b", is_content: bool = True) -> list[dict[str, object]]:
    return list(
        link_rows(
            [url],
            row_key="k:2",
            source="sheet",
            row_id=row_id,
            column="name",
            is_content=is_content,
        )
    )


def test_each_kind_of_asset_is_a_row() -> None:
    found = rows(VIDEO)
    assert [row["link_key"] for row in found] == ["k:2:name:0:video", "k:2:name:0:transcript"]
    assert [row["asset_id"] for row in found] == [
        asset_id("7", "youtube", "aaaaaaaaaaa", kind) for kind in ("video", "transcript")
    ]
    assert {row["row_id"] for row in found} == {"7"}


@pytest.mark.parametrize(("row_id", "is_content"), [("", True), (" \u200b", True), ("7", False)])
def test_no_owner_or_no_content_asks_for_no_asset(row_id: str, is_content: bool) -> None:
    (found,) = rows(VIDEO, row_id, is_content)
    assert (found["asset_kind"], found["asset_id"]) == (None, None)
    assert (found["is_content"], found["link_key"]) == (is_content, "k:2:name:0:")
