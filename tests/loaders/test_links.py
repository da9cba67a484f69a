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
from rowkeeper.core.links.text import find_links, unescaped
from rowkeeper.migration.reconcile.links import silent_links
from tests.fuzz_links import Written, make_cell

LIST = "https://www.youtube.com/watch_videos?video_ids=aaaaaaaaaaa,bbbbbbbbbbb"
DOC = "https://docs.google.com/document/d/1abcdefghijklmnopqrstuvwxyz/edit?usp=x&amp;y=1"
VIDEO = "https://youtu.be/aaaaaaaaaaa"
ARCHIVED = "https://web.archive.org/web/2020/www.youtube.com/watch?v=aaaaaaaaaaa"
TUBE = "youtu.be/aaaaaaaaaaa"
SAFE = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Daaaaaaaaaaa&data=05"


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
        *(
            (written.format(VIDEO), [VIDEO])
            for written in (
                *("({})", "[video]({})", "[video](<{}>)", "video:{}", "video={}", "1.{}", "•{}"),
                *("-{}", "*{}*", "**{}**", "_{}_", "“{}”", "„{}“", "‘{}’", "«{}»", "<{}>", "`{}`"),
                *('=HYPERLINK("{}","x")', '=HYPERLINK("{}";"x")', "<a href='{}'>x</a>", "{}…"),
                *(
                    '{{"link":"{}"}}',
                    "см.{}",
                    "视频：{}。",
                    "{}\u200b",
                    "see {}!",
                    "({}).",
                    "{}\\n",
                ),
                *("{}\\u000bnext", "{}\\\\nnext", "{}&nbsp;x", "{}&quot;", "{}|", "{};"),
            )
        ),
        (f"{VIDEO}{DOC}", [VIDEO, DOC]),
        (f"{VIDEO}www.example.org/x", [VIDEO, "www.example.org/x"]),
        (f"{VIDEO}\\u000b{DOC}\\n{LIST}", [VIDEO, DOC, LIST]),
        ("https:\\/\\/youtu.be\\/aaaaaaaaaaa", ["https:\\/\\/youtu.be\\/aaaaaaaaaaa"]),
        (
            f"https://www.google.com/url?q={VIDEO}&sa=D",
            [f"https://www.google.com/url?q={VIDEO}&sa=D"],
        ),
        ("(https://en.wikipedia.org/wiki/A_(b))", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("https://[::1]/x and http://a_b.example/y", ["https://[::1]/x", "http://a_b.example/y"]),
        ("https://youtu.be/abcdefghij_", ["https://youtu.be/abcdefghij_"]),
        ("write to ann@example.org or me@youtube.com, e.g. a.py, MF-Si/Fe-CS/P(B) #3", []),
        ("1/2, 3.1/4.2, 24.12./25.12., and/or a.b/c.d, clip.mov/x, http and https:// alone", []),
        (SAFE, [SAFE]),
        (f"see {SAFE}.", [SAFE]),
        *(
            (written.format(bare), [bare])
            for bare in ("vimeo.com/7", "team.notion.site/x", "forms.gle/x", "youtu.be/aaaaaaaaaaa")
            for written in ("{}", "-{}", "1.{}", "•{}", "~~{}~~", "video:{}", "x={}", "→{}", "({})")
        ),
        *(
            (f"{before}youtu.be/aaaaaaaaaaa", ["youtu.be/aaaaaaaaaaa"])
            for before in ("动画", "видео", "см.", "123.", "//", "@", "Video-", "http:", "https//")
        ),
        *(
            (f"{before}www.example.org", ["www.example.org"])
            for before in ("", "см.", "1.", "动画", "//", "Video-", "see.")
        ),
        *(
            (f"{VIDEO}{end}", [VIDEO])
            for end in ("\u202c", "・", " 👍", "👍", ".•", "_x000D_", "&#10;")
        ),
        *(
            (written, [written])
            for written in (
                *("htps://youtu.be/aaaaaaaaaaa", "https:///youtu.be/aaaaaaaaaaa"),
                *("https://www.youtube.com./watch?v=aaaaaaaaaaa", "tg://resolve?domain=x"),
                *("https%3A%2F%2Fyoutu.be%2Faaaaaaaaaaa", "https:&#x2F;&#47;youtu.be/aaaaaaaaaaa"),
                *("https://see.www.example.org/y", "https://my-youtube.com/watch?v=aaaaaaaaaaa"),
                "https://docs.google.com/document/d/16DML-pgyMuNp_NWm---Fk-qiEofTPgkN/edit",
                "https://web.archive.org/web/2020/youtube.com/watch?v=aaaaaaaaaaa",
            )
        ),
        ("-ftp://a.example/b", ["ftp://a.example/b"]),
        *(
            (written.format(odd), [odd])
            for odd in ("https://[::1]/7", "https://www.youtube.com./watch?v=aaaaaaaaaaa", VIDEO)
            for written in (
                *("[{}]", "[[{}]],", "{{{}}}", "[x][{}]", "\\href{{{}}}{{x}}", "({})."),
                *("[url={}]x[/url]", "[url]{}[/url]", "=HYPERLINK('{}')"),
            )
        ),
        (f"https://https://{TUBE}", [f"https://{TUBE}"]),
        (f"{TUBE}{TUBE}", [TUBE, TUBE]),
        (f"{VIDEO}/{TUBE}", [f"{VIDEO}/", TUBE]),
        (f"{VIDEO}?{VIDEO}", [VIDEO, VIDEO]),
        (f"{VIDEO})!x={VIDEO}", [VIDEO, VIDEO]),
        (f"{VIDEO};x={VIDEO}", [f"{VIDEO};x=", VIDEO]),
        (f"{ARCHIVED};{VIDEO}", [ARCHIVED, VIDEO]),
        (f"{LIST}https%3A%2F%2Fx.org", [LIST, "https%3A%2F%2Fx.org"]),
        (f"{VIDEO}?u=%22https%3A%2F%2Fx.org", [f"{VIDEO}?u=%22https%3A%2F%2Fx.org"]),
        (f"{VIDEO}%0A{VIDEO}", [f"{VIDEO}%0A", VIDEO]),
        (f"{VIDEO}%20www.example.org", [f"{VIDEO}%20", "www.example.org"]),
        (f"https://example.org/{TUBE}", ["https://example.org/", TUBE]),
        (f"mailto:a@example.org?body={VIDEO}", ["mailto:a@example.org", VIDEO]),
        (f"https://href.li/?{VIDEO}", [f"https://href.li/?{VIDEO}"]),
        ("__https://youtu.be/aaaaaaaaaa___", ["https://youtu.be/aaaaaaaaaa_"]),
    ],
)
def test_a_cell_is_split_into_its_links(cell: str, links: list[str]) -> None:
    assert find_links(cell) == links


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
    assert len(find_links("\\" * 50_000 + VIDEO + ")?x=https://a.example" * 500)) == 501


def test_escapes_are_undone() -> None:
    assert (
        unescaped("https://a.example/?b=1&amp;amp;copy\\u003d2") == "https://a.example/?b=1&copy=2"
    )
    assert unescaped("https://a.example/\\ud800\\u0000") == "https://a.example/\\ud800\\u0000"
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
        found = find_links(cell)
        assert Counter(found) == written.links, cell
        assert list(silent_links(json.dumps([cell]), sorted(found, key=len, reverse=True))) == []


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
    found = rows(VIDEO, column=column)
    assert [row["link_key"] for row in found] == [
        f"k:2:{column}:0:video",
        f"k:2:{column}:0:transcript",
    ]
    assert [row["asset_id"] for row in found] == [
        asset_id("7", "youtube", "aaaaaaaaaaa", kind) for kind in ("video", "transcript")
    ]
    assert {row["row_id"] for row in found} == {"7"}
    assert {(row["is_content"], row["rule"]) for row in found} == {(True, "")}


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
    (found,) = rows(url, row_id, column, source)
    assert (found["asset_kind"], found["asset_id"]) == (None, None)
    assert (found["is_content"], found["rule"]) == (is_content, rule)
    assert found["link_key"] == f"k:2:{column}:0:"


def test_what_an_earlier_system_knew_has_its_assets_but_is_not_content() -> None:
    found = rows(VIDEO, column="extracted_links", source="legacy_csv")
    assert [row["asset_id"] for row in found] == [
        asset_id("7", "youtube", "aaaaaaaaaaa", kind) for kind in ("video", "transcript")
    ]
    assert {(row["is_content"], row["rule"]) for row in found} == {(False, "known earlier")}


def test_every_cell_of_a_legacy_row_is_looked_into() -> None:
    cells = {"row_id": "7", "name": f"Ann {VIDEO}", "link": DOC, "s3_paths": VIDEO, "x": VIDEO}
    found = legacy_row_links(cells.items(), "k", "7")
    columns = {row["column_name"]: row["is_content"] for row in found}
    assert columns == {"name": True, "link": True, "s3_paths": False, "x": True}
