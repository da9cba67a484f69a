"""What stands on the pages: what to do now, plots with their numbers, filters, paper, a policy."""

import re
import struct
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rowkeeper.catalogue.site.pages import people_rows
from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.catalogues import made_data, made_site
from tests.helpers.commands import parsed
from tests.helpers.pictures import FOLDER, SHOWN, SIZE, take_pictures

POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')
PLOTS = (
    *("Growth of the archive", "Last outcomes by day and site", "Coverage by type"),
    *("Size by kind", "Links by fate"),
)


def address(folder: Path, page: str = "index.html") -> str:
    return f"{(folder / 'site').as_uri()}/{page}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of 40 people, four of whom have a video that failed, with its site."""
    folder = tmp_path_factory.mktemp("plain") / "data"
    folder.mkdir()
    (folder / "docs.html").write_text("<h1>dbt's docs</h1>", "utf-8")
    made_site(folder, 40, 2)
    return folder


def test_home_says_what_failed_and_what_to_type(page: Page, plain: Path) -> None:
    page.goto(address(plain))
    what = page.get_by_role("row").filter(has_text="youtube: download failed")
    expect(what.locator("td").nth(1)).to_have_text("4")
    expect(what).to_contain_text("private: mend what it names")
    command = what.locator("code").inner_text()
    assert command == "rowkeeper retry --reason private"
    assert parsed(command) == "retry"
    what.get_by_role("link").click()
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("Person 10")
    expect(first).to_contain_text("It is private. (private)")
    page.go_back()
    expect(page.locator("p[data-run]")).to_contain_text("2026-11-02 03:18:00+00, failed with 3: ")
    run = page.get_by_role("row").filter(has_text="The last run failed")
    expect(run).to_contain_text("The sheet lacks 1 of 2 people.")
    assert parsed(run.locator("code").inner_text()) == "run"
    expect(page.get_by_role("row").filter(has_text="a data test warns")).to_have_count(1)


def test_each_plot_has_its_numbers_in_a_table(page: Page, plain: Path) -> None:
    page.goto(address(plain))
    for title in PLOTS:
        figure = page.locator("figure").filter(has_text=title)
        expect(figure.locator("svg")).to_be_visible()
        expect(figure.locator("table")).to_be_hidden()
        figure.get_by_text("The numbers").click()
        expect(figure.locator("table")).to_be_visible()
    expect(page.locator("figure")).to_have_count(len(PLOTS))
    drawn = page.locator("figure").filter(has_text="Coverage by type")
    rows = [row.split("\t") for row in drawn.locator("tbody tr").all_inner_texts()]
    said = drawn.locator("svg text:not(.label)").all_text_contents()
    assert said == [f"{archived} of {expected}" for _, archived, expected in rows]
    assert sum(int(archived) for _, archived, _ in rows) == 36
    assert drawn.locator("svg rect").count() == 2 * len(rows)


@pytest.mark.parametrize(
    ("label", "value", "count"),
    [
        ("Functions", "Ne/Ti", 10),
        ("Modality", "MF", 10),
        ("Number", "3", 10),
        ("Archived kind", "video", 36),
        ("Archived kind", "document", 0),
        ("No archived", "video", 4),
    ],
)
def test_people_are_filtered(page: Page, plain: Path, label: str, value: str, count: int) -> None:
    page.goto(address(plain, "people.html"))
    page.get_by_label(label).select_option(value)
    expect(page.locator("#count")).to_have_text(re.compile(rf"^{count} of 40 people$"))
    expect(page.locator("#people tbody tr")).to_have_count(count)


def test_who_has_one_video_archived_has_a_video_whatever_became_of_another() -> None:
    data = made_data(10)
    files = dict.fromkeys((one["row_id"] for one in data.rows["people"]), "x.html")
    data.rows["assets"] += [{**data.rows["assets"][-1], "row_id": "1"}]  # one that failed
    rows = {
        row[0]: row for row in people_rows(data.rows["people"], data.by_person("assets"), files)
    }
    assert {row_id for row_id, row in rows.items() if "video" in row[-2]} == {"10"}
    assert {row_id for row_id, row in rows.items() if "video" in row[-3]} == rows.keys() - {"10"}


def test_an_asset_is_told_from_its_link_to_the_verified_object(page: Page, plain: Path) -> None:
    page.goto(address(plain, "person/2.html"))
    page.locator("details.asset summary").click()
    facts = page.locator("details.asset dl").inner_text()
    for said in (
        "https://www.youtube.com/watch?v=media-2",
        "2026-11-01 00:00:05+00, in 1 tries",
        f"{2:064x}",
        "s3://bucket/2",
        "2026-11-01 00:00:09+00, in 1 tries",
    ):
        assert said in facts
    page.goto(address(plain, "person/10.html"))
    facts = page.locator("details.asset dl").inner_text()
    assert "not yet, in 1 tries" in facts
    assert "Verified there" not in facts


def test_on_paper_there_is_only_what_can_be_read(page: Page, plain: Path) -> None:
    page.goto(address(plain, "person/1.html"))
    expect(page.get_by_role("navigation")).to_be_visible()
    page.emulate_media(media="print")
    for gone in ("nav", "audio"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".words p").first).to_be_visible()
    style = page.evaluate("getComputedStyle(document.querySelector('.words')).maxHeight")
    assert style == "none"
    page.emulate_media(media="print", color_scheme="dark")
    colours = (
        "[document.body, document.querySelector('.facts dt')].map((one) => getComputedStyle(one)"
    )
    assert page.evaluate(f"{colours}.backgroundColor)[0]") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{colours}.color)[1]") == "rgb(85, 83, 77)"
    expect(page.locator("details.asset dl")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("details.asset dl")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("details.asset dl")).to_be_hidden()


def test_each_page_has_a_strict_policy_and_nothing_that_it_forbids(plain: Path) -> None:
    pages = list((plain / "site").rglob("*.html"))
    assert len(pages) == 49
    for path in pages:
        text = path.read_text("utf-8")
        (policy,) = POLICY.findall(text)
        rules = dict(rule.strip().split(" ", 1) for rule in unescape(policy).split(";"))
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == "'self' file:"
        assert "unsafe" not in policy
        assert not re.findall(r"<script(?! src=)|<style| style=| on\w+=", text)


def test_the_docs_of_dbt_are_linked_where_they_are(page: Page, plain: Path, tmp_path: Path) -> None:
    page.goto(address(plain, "quality.html"))
    page.get_by_role("link", name="The models, their columns").click()
    expect(page.get_by_role("heading")).to_have_text("dbt's docs")
    made_site(tmp_path, 1, 1)
    assert "The models" not in (tmp_path / "site" / "quality.html").read_text("utf-8")


def test_the_readme_shows_the_pages_as_they_are(browser: Browser, tmp_path: Path) -> None:
    take_pictures(browser, tmp_path / "scratch", tmp_path / "pictures")
    readme = (PROJECT_DIR / "README.md").read_text("utf-8")
    assert {path.name for path in FOLDER.iterdir()} == set(SHOWN)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 400_000
    for name in SHOWN:
        assert f"docs/pictures/{name}" in readme
        for picture in (FOLDER / name, tmp_path / "pictures" / name):
            head = picture.read_bytes()[:24]
            assert head.startswith(b"\x89PNG")
            assert struct.unpack(">II", head[16:]) == SIZE
