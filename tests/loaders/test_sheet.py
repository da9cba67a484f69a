"""The published sheet: what the samples hold, what a page may break, and each bad input."""

import html
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.batches import no_rows
from loaders.chain import ChainLink
from loaders.columns import WantedColumns
from loaders.grid import read_tabs
from loaders.page import Page
from loaders.row_keys import RowIds
from loaders.sheet import Snapshot, load_sheet, snapshot_of
from loaders.tables import add_snapshot
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import trimmed
from tests.helpers.samples import GID, make_samples

HEAD = ("#", "Name", "Email", "Type", "Status", "Notes")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("samples")
    return folder, make_samples(folder)


def tab(rows: str, gid: str = "7") -> str:
    return f'<div id="{gid}"><table class="waffle"><tbody>{rows}</tbody></table></div>'


def row(*cells: str, number: int | str = "") -> str:
    inner = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr><th>{number}</th>{inner}</tr>"


def page(*tabs: str, menu: str = "", gid: str | None = None) -> Page:
    body = f"<!DOCTYPE html><html><body>{menu}{''.join(tabs)}</body></html>"
    return Page("sheet.html", "file:///sheet.html", body.encode(), gid)


def read_snapshot(page: Page, tab: str | None = None, columns: Any = None) -> Snapshot:
    return snapshot_of(page.source, read_tabs(page), tab or page.gid, WantedColumns.of(columns))


def people(snapshot: Snapshot) -> list[dict[str, str]]:
    rows = ({k: v or "" for k, v in r.values.items()} for r in snapshot.rows if not r.is_header)
    return [r for r in rows if r["name"] and r["row_id"]]


def test_the_sample_sheet_comes_back_as_it_is(samples: tuple[Path, dict[str, Any]]) -> None:
    folder, expected = samples
    snapshot = load_sheet(str(folder / "sheet.html"))
    rows_read = people(snapshot)
    assert snapshot.tab_gid == GID
    assert len(rows_read) == expected["sheet_person_rows"]
    ids = [person["row_id"] for person in rows_read]
    assert len(set(ids)) == expected["people"]
    assert sorted({i for i in ids if ids.count(i) > 1}) == expected["duplicate_row_ids"]
    assert {p["row_id"]: p["name"] for p in rows_read} == expected["name_by_row_id"]
    assert {p["row_id"]: p["type"] for p in rows_read} == expected["type_by_row_id"]
    assert [p["row_id"] for p in rows_read if not p["type"]] == expected["blank_types"]
    linked = {
        r.values["row_id"] for r in snapshot.rows if dict(r.named)["name"].links and not r.is_header
    }
    assert len(linked) == expected["with_link"]


def test_a_link_in_a_title_is_nobodys() -> None:
    link = '<a href="https://youtu.be/abcdefghijk">Name</a>'
    people = row("1", link, "a@x.org", number=2)
    rows = no_rows()
    add_snapshot(
        rows,
        read_snapshot(page(tab(row("#", link, "Email", number=1) + people))),
        ChainLink(),
        RowIds(),
    )
    assert {(link_row["row_key"][-2:], link_row["row_id"]) for link_row in rows["links"]} == {
        (":1", ""),
        (":2", "1"),
    }


def test_no_row_of_the_sample_sheet_is_dropped(samples: tuple[Path, dict[str, Any]]) -> None:
    snapshot = load_sheet((samples[0] / "sheet.html").as_uri())
    assert [r.number for r in snapshot.rows] == list(range(1, 72))
    assert snapshot.rows[0].is_header
    assert any(r.values["name"] == "---" for r in snapshot.rows)
    assert any("\u200b" in (r.values["email"] or "") for r in snapshot.rows)
    assert any("  " in (r.values["name"] or "") for r in snapshot.rows)
    links = [link for r in snapshot.rows for _, cell in r.named for link in cell.links]
    assert any(link.startswith("mailto:") for link in links)
    assert not any("google.com/url" in link for link in links)


def test_the_hash_is_of_the_rows_alone(samples: tuple[Path, dict[str, Any]]) -> None:
    body = (samples[0] / "sheet.html").read_bytes()
    other = body.replace(b"ust=17547745390226", b"ust=99999999999999")
    assert body != other
    first, second = (read_snapshot(Page("s", "s", b, None)) for b in (body, other))
    assert first.content_sha256 == second.content_sha256


def test_columns_are_found_by_title_not_place() -> None:
    head = row("Notes", "Weight", "E-mail", "NAME ", "Row ID")
    snapshot = read_snapshot(page(tab(row("People") + head + row("n", "7", "e", "Ann", "1"))))
    assert dict(snapshot.rows[2].values) == {
        "row_id": "1",
        "name": "Ann",
        "email": "e",
        "type": None,
        "status": None,
        "notes": "n",
    }
    assert [r.is_header for r in snapshot.rows] == [True, True, False]
    assert [name for name, _ in snapshot.rows[2].named] == [
        "notes",
        "weight",
        "email",
        "name",
        "row_id",
    ]


def test_a_first_column_without_a_title_is_the_row_id() -> None:
    snapshot = read_snapshot(page(tab(row("", "Name") + row("1", "Ann"))))
    assert snapshot.rows[1].values["row_id"] == "1"


def test_own_titles_come_from_the_settings() -> None:
    sheet = page(tab(row("Nr", "Wer") + row("1", "Ann")))
    snapshot = read_snapshot(sheet, columns={"name": "wer", "row_id": "NR"})
    assert (snapshot.rows[1].values["row_id"], snapshot.rows[1].values["name"]) == ("1", "Ann")
    with pytest.raises(InputError, match=r"no column 'Mail', which sheet\.columns names.*'Wer'"):
        read_snapshot(sheet, columns={"name": "wer", "email": "Mail"})


def test_a_tab_is_chosen_by_gid_title_or_url() -> None:
    menu = '<ul><li id="sheet-button-7"><a>Old</a></li><li id="sheet-button-8"><a>New</a></li></ul>'
    tabs = [tab(row(*HEAD) + row("1", who), gid) for gid, who in (("7", "Ann"), ("8", "Bo"))]
    assert read_snapshot(page(*tabs, menu=menu)).tab_title == "Old"
    assert read_snapshot(page(*tabs, menu=menu), "8").tab_title == "New"
    assert read_snapshot(page(*tabs, menu=menu), "new").tab_gid == "8"
    assert read_snapshot(page(*tabs, menu=menu, gid="8")).tab_gid == "8"
    with pytest.raises(InputError, match=r"no tab 9: .*7 \(Old\), 8 \(New\)"):
        read_snapshot(page(*tabs, menu=menu), "9")


def test_cells_keep_runs_breaks_and_spans() -> None:
    cells = (
        "<tr><th>2</th><td class='x freezebar-cell'></td><td rowspan=2>1</td>"
        "<td colspan='2'><span>A</span> <b>b</b><br>c&nbsp;&amp;</td><td>t</td></tr>"
        "<tr><th>3</th><td>Bo</td><td>bo@example.com</td><td colspan=x>u</td></tr>"
    )
    snapshot = read_snapshot(page(tab(row(*HEAD, number=1) + cells)))
    assert [list(r.values.values())[:4] for r in snapshot.rows[1:]] == [
        ["1", "A b\nc\xa0&", "", "t"],
        ["", "Bo", "bo@example.com", "u"],
    ]


def test_the_row_number_is_the_sheets_own() -> None:
    sheet = page(tab(row(*HEAD, number=1) + row("1", "Ann", number=5) + row("2", "Bo")))
    assert [r.number for r in read_snapshot(sheet).rows] == [1, 5, 6]
    with pytest.raises(InputError, match="row 1 after row 1"):
        read_snapshot(page(tab(row(*HEAD, number=1) + row("1", "Ann", number=1))))


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=5))
def test_any_cell_comes_back_verbatim(rows: list[list[str]]) -> None:
    written = "".join(row(*(html.escape(cell) for cell in cells)) for cells in rows)
    snapshot = read_snapshot(page(tab(row(*HEAD) + row("1", "Ann") + written)))
    assert [list(r.values.values()) for r in snapshot.rows[2:]] == rows


@given(st.text())
def test_trimmed_leaves_nothing_unseen(text: str) -> None:
    assert trimmed(trimmed(text)) == trimmed(text) == trimmed(f" \u200b {text}\ufeff\n")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"name,email\nAnn,a@example.com\n", "not an HTML page"),
        (b'{"a": 1}', "not an HTML page"),
        (b"<html>\0</html>", "NUL"),
        (b"<html><body>\xff</body></html>", "not UTF-8"),
        (b"<html><body><p>Hello</p></body></html>", "holds no sheet"),
        (b"<html><body><table><tr><td>Name</td>", "cut short"),
        (
            b'<html><form action="https://accounts.google.com/ServiceLogin"><input></form></html>',
            "sign-in page.*Publish to web",
        ),
        (page(tab(row("#", "Who", "Mail"))).body, "no name column.*'#', 'Who', 'Mail'"),
        (page(tab("")).body, "nothing in tab 7: choose another"),
    ],
)
def test_a_page_that_is_no_sheet_says_so(body: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read_snapshot(Page("https://example.com/pub", "https://example.com/pub", body))
    assert "https://example.com/pub" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_an_input_error(body: bytes) -> None:
    with pytest.raises(InputError):
        read_tabs(Page("x", "x", body))
