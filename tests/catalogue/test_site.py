"""The pages in a real Chromium: what they show, where they lead, and that nothing hostile runs."""

import errno
import itertools
import json
import re
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from rowkeeper.catalogue.search import SearchTerms, find
from rowkeeper.catalogue.search_words import fts_query
from rowkeeper.catalogue.site import files, write
from rowkeeper.catalogue.site.data import masked_email
from rowkeeper.catalogue.site.files import BEGUN, MADE, alone
from rowkeeper.catalogue.site.pages import MENU
from rowkeeper.catalogue.site.write import PEOPLE_MADE_OF, make_site
from rowkeeper.core.disk.own import replace_small
from rowkeeper.core.errors import DiskError, UsageError
from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.browser import until
from tests.helpers.catalogues import HOSTILE, made_data, made_index, made_site, passage_of

AXE = (PROJECT_DIR / "tests/vendor/axe-core/axe.min.js").read_text("utf-8")
FIRST_PAGE = 300 << 10
QUERIES = (
    *("fear", '"fear work"', "unique7*", "JOSE OR istanbul", "μπρι", "мойсеев", "हिन्दी", "李*"),
    *("小龙", "ελενη", "zazolc", "국어", "“fear work”", '"fear wor*"', '"fear wor"*', "-bold fear"),
    *(
        "fear AND NOT jose",
        'unique7* -"house light"',
        "(jose OR bold) (fear OR work) NOT (istanbul OR unique2*)",
    ),
)


def address(folder: Path, page: str = "index.html") -> str:
    return f"{(folder / 'site').as_uri()}/{page}"


def test_every_page_shows_hostile_texts_as_texts(page: Page, hostile: Path) -> None:
    for file, title in MENU:
        page.goto(address(hostile, file))
        expect(page.get_by_role("link", name=title, exact=True)).to_have_attribute(
            "aria-current", "page"
        )
        assert page.locator("main img, main script, main iframe").count() == 0
    page.goto(address(hostile, "failures.html"))
    expect(page.get_by_text(HOSTILE[0]).first).to_be_visible()
    for number in range(1, len(HOSTILE) + 1):
        page.goto(address(hostile, f"person/{number}.html"))
        name = " ".join(HOSTILE[number % len(HOSTILE)].split())
        expect(page.get_by_role("heading", level=1)).to_contain_text(name.split("\u202e")[0][:20])
        expect(page.locator(".words p")).to_have_count(8)
        assert page.locator("main a[href^='javascript']").count() == 0
        assert page.locator("main img, main script, main svg").count() == 0


def test_people_are_found_sorted_and_opened_by_the_keyboard(page: Page, hostile: Path) -> None:
    page.goto(address(hostile, "people.html"))
    expect(page.locator("#count")).to_have_text("500 of 500 people")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#people tbody tr")).to_have_count(500)
    page.keyboard.press("/")
    page.keyboard.type("zazo")
    expect(page.locator("#people tbody tr").first).to_contain_text("Zażółć")
    page.get_by_label("State").select_option("failed")
    expect(page.locator("#count")).to_have_text(re.compile(r"^[1-9]\d* of 500 people$"))
    page.get_by_role("button", name="Row").click()
    page.get_by_role("button", name="Row").click()
    numbers = page.locator("#people tbody tr td:first-child").all_inner_texts()
    assert [int(one) for one in numbers] == sorted(map(int, numbers), reverse=True)
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("#people tbody tr td:first-child").first).to_have_text(numbers[0])
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/person/{numbers[1]}.html")
    page.go_back()
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    page.locator("#people tbody a").nth(2).focus()
    page.keyboard.press("Enter")  # opens what has the focus
    page.wait_for_url(f"**/person/{numbers[2]}.html")


def test_who_has_no_video_archived_and_why(page: Page, hostile: Path) -> None:
    page.goto(address(hostile, "people.html#lacks=video"))
    expect(page.locator("#count")).to_have_text("50 of 500 people")
    page.locator("#people tbody a").first.click()
    expect(page.locator("details[open] dt", has_text="Failed")).to_be_visible()


def test_what_a_person_says_opens_at_its_second(page: Page, hostile: Path) -> None:
    page.goto(address(hostile))
    page.get_by_label("Search what people say and write").fill("unique1x4")
    page.keyboard.press("Enter")
    hits = page.locator("#found li")
    expect(hits).to_have_count(1)
    expect(hits.locator("mark")).to_have_text("unique1x4")
    expect(hits).to_contain_text("at 0:30")
    opens = "https://www.youtube.com/watch?v=media-1&t=30"
    expect(hits.locator("a", has_text=opens)).to_have_attribute("href", opens)
    hits.locator("a").first.click()
    marked = page.locator(".words p.now")
    expect(marked).to_contain_text(passage_of(1, 4))
    place = "document.querySelector('audio').currentTime"
    until(page, f"Math.abs({place} - 30) < 0.5")
    page.get_by_role("button", name="0:50").click()
    until(page, f"{place} >= 50")
    page.evaluate("document.querySelector('audio').pause()")
    page.evaluate(f"{place} = 12")
    expect(marked).to_contain_text(passage_of(1, 2))
    page.get_by_role("button", name="0:50").focus()
    page.keyboard.press("Enter")
    expect(marked).to_contain_text(passage_of(1, 6))
    assert page.url.endswith("-6")


@pytest.mark.parametrize("query", QUERIES)
def test_a_page_finds_what_the_command_finds(page: Page, hostile: Path, query: str) -> None:
    index = sqlite3.connect(hostile / "search.sqlite")
    results = find(index, fts_query(query), SearchTerms(query, people="1-33", limit=5000))
    index.close()
    asked = urlencode({"q": query, "people": "1-33"})
    page.goto(address(hostile, f"search.html#{asked}"))
    expect(page.locator("#count")).to_have_text(re.compile("passage", re.IGNORECASE))
    expected = {f"({one.row_id})" for one in results}
    shown = page.locator("#found li p:first-child a").all_inner_texts()
    assert {re.findall(r"\(\d+\)$", one)[0] for one in shown} <= expected
    if len(results) <= 50:
        assert len(shown) == len(results)
        marked = {mark.casefold() for mark in page.locator("#found mark").all_inner_texts()}
        places = [(one.passage, place) for one in results for place in one.matches]
        assert marked == {passage[start:end].casefold() for passage, (start, end) in places}
    assert shown


def test_a_search_is_narrowed_and_kept_in_the_address(page: Page, hostile: Path) -> None:
    page.goto(address(hostile, "search.html#q=fear+-nothing&type=FM-*&kind=transcript&people=2-40"))
    shown = page.locator("#found li p:first-child")
    expect(shown.first).to_contain_text("FM-Ti/Se")
    assert all("FM-" in one for one in shown.all_inner_texts())
    page.get_by_label("Kind").select_option("document")
    expect(page.locator("#count")).to_contain_text("No passage has that")
    assert "kind=document" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_anybodys_way(page: Page, hostile: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for width, name in ((1200, "index.html"), (1200, "people.html"), (360, "search.html#q=fear")):
        _check(page, hostile, name, width)
    for width, name in ((360, "failures.html"), (360, "person/1.html"), (1200, "person/10.html")):
        _check(page, hostile, name, width)


def _check(page: Page, folder: Path, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address(folder, name))
    page.wait_for_timeout(200)
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate("axe.run({ preload: false })")
    serious = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == [], json.dumps([(one["id"], one["nodes"][0]["html"]) for one in serious])
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_only_what_changed_is_written_and_what_is_gone_goes(tmp_path: Path) -> None:
    first, data = made_site(tmp_path, 3, 2)
    assert first.files == first.changed
    site = tmp_path / "site"
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.*")}
    assert made_site(tmp_path, 3, 2)[0].changed == 0
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*.*")} == before
    for gone in (site / "person" / "1.html", *sorted((site / "data").rglob("*.js"))):
        gone.unlink()
        assert made_site(tmp_path, 3, 2)[0].changed == 1
        assert gone.exists()
    done, _ = made_site(tmp_path, 2, 2)
    assert not (site / "person" / "3.html").exists()
    assert (site / "person" / "2.html").exists()
    assert done.changed < done.files
    assert "example.org" in (site / "person" / "1.html").read_text()
    assert "person1@" not in (site / "person" / "1.html").read_text()
    assert data.rows["people"]


def test_the_pages_of_people_are_made_anew_with_all_that_they_are_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = made_site(tmp_path, 3, 2)
    site = tmp_path / "site"

    def remade(home: Path = tmp_path) -> int:
        with closing(sqlite3.connect(tmp_path / "search.sqlite")) as index:
            return make_site(site, data, index, home, tmp_path / "docs.html").changed

    for name, column in (("people", "personality_type"), ("assets", "filename")):
        data.rows[name][0][column] = f"another {column}"
        assert remade() > 1
        assert f"another {column}" in (site / "person" / "1.html").read_text()
        assert remade() == 0
    with closing(sqlite3.connect(tmp_path / "search.sqlite")) as index, index:
        index.execute("update texts set language = 'another one'")
    assert remade() > 1
    assert any("another one" in path.read_text() for path in (site / "person").iterdir())
    assert remade(tmp_path / "elsewhere") > 1  # whence files are named
    monkeypatch.setattr(write, "_code", lambda: "of another version")
    assert remade(tmp_path / "elsewhere") == 1  # all was looked at, and came out the same
    (site / PEOPLE_MADE_OF).unlink()
    assert remade(tmp_path / "elsewhere") == 1


def _texts_of(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): path.read_text()
        for path in site.rglob("*")
        if path.is_file() and path.name not in (MADE, BEGUN, Path(PEOPLE_MADE_OF).name)
    }


@pytest.mark.parametrize("is_first", [True, False])
def test_a_site_that_was_begun_is_not_taken_for_one_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    """Whoever is killed while they write, and what was new is then as it was before."""
    made_site(tmp_path / "model", 3, 2)
    whole = _texts_of(tmp_path / "model" / "site")
    index = tmp_path / "search.sqlite"
    for file in itertools.count(1):
        if not is_first:
            made_site(tmp_path, 3, 2)
            index.unlink()
        calls = itertools.count(1)

        def dies(path: Path, text: str, ending: str, at: int = file, calls: Any = calls) -> None:
            if next(calls) == at:
                raise KeyboardInterrupt
            replace_small(path, text, ending)

        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(files, "replace_small", dies)
            made_site(tmp_path, 4, 3, said="otherwise")
        index.unlink()
        made_site(tmp_path, 3, 2)
        assert _texts_of(tmp_path / "site") == whole, f"killed at file {file}"
        assert made_site(tmp_path, 3, 2)[0].changed == 0
        if next(calls) <= file:
            break  # it was not killed any more
        if is_first:
            shutil.rmtree(tmp_path / "site")
            index.unlink()
    assert file > 20


def test_of_two_who_write_at_once_the_second_has_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_site(tmp_path / "model", 3, 2, said="what is newer")
    made_index(tmp_path / "search.sqlite", made_data(3), 2)
    settings = SimpleNamespace(data_dir=tmp_path)
    context: Any = SimpleNamespace(settings=settings, target=SimpleNamespace(name="dev"))
    said = iter(("what is older", "what is newer"))
    monkeypatch.setattr(write, "renew_index", lambda _: None)
    monkeypatch.setattr(write, "read_site", lambda _: made_data(3, said=next(said)))
    index = tmp_path / "search.sqlite"
    monkeypatch.setattr(write, "open_index", lambda _: closing(sqlite3.connect(index)))
    halfway, go_on, calls = threading.Event(), threading.Event(), itertools.count(1)

    def slow(path: Path, text: str, ending: str) -> None:
        if next(calls) == 20:
            halfway.set()
            assert go_on.wait(30)
        replace_small(path, text, ending)

    monkeypatch.setattr(files, "replace_small", slow)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(write.write_site, context, tmp_path / "site")
        assert halfway.wait(30)
        second = threads.submit(write.write_site, context, tmp_path / "site")
        wait([second], timeout=1)
        go_on.set()
        assert first.result().changed
        assert second.result().changed
    assert _texts_of(tmp_path / "site") == _texts_of(tmp_path / "model" / "site")


def test_who_may_only_read_a_site_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_site(tmp_path, 3, 2)

    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(files, "own_file", refused)
    with alone(tmp_path / "site"):
        assert made_site(tmp_path, 3, 2)[0].changed == 0
    with pytest.raises(DiskError), alone(tmp_path / "another"):
        pytest.fail("nothing is there that could be read")

    def is_full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(files, "own_file", is_full)
    with pytest.raises(DiskError), alone(tmp_path / "site"):
        pytest.fail("who could write there is not alone")


def test_no_page_tells_a_secret(tmp_path: Path) -> None:
    secret = "https://a.example/x?token=5ec7e75ec7e75ec7e7"
    made_site(tmp_path, 3, 2, said=secret)
    pages = [path for path in (tmp_path / "site").rglob("*") if path.suffix in {".html", ".js"}]
    texts = [path.read_text() for path in pages]
    assert sum("a.example/x?token=" in text for text in texts) >= 3
    assert not [text for text in texts if "5ec7e75ec7e75ec7e7" in text]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "site" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(UsageError, match="holds other things than a site"):
        made_site(tmp_path, 1, 1)
    with pytest.raises(UsageError), alone(kept.parent):
        pytest.fail("it is no site")
    assert [path.name for path in kept.parent.iterdir()] == ["thesis.txt"]


def test_no_link_is_followed_out_of_a_site(tmp_path: Path) -> None:
    made_site(tmp_path, 3, 2)
    site, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_text("mine")
    (site / MADE).write_text('{"person/precious.txt": "x"}')
    folders = [path for path in site.rglob("*") if path.is_dir()]
    assert len(folders) > 3
    for folder in folders:
        folder.rename(tmp_path / "aside")
        folder.symlink_to(outside)
        with pytest.raises(DiskError, match=f"{folder.name} is a link"):
            made_site(tmp_path, 3, 2)
        folder.unlink()
        (tmp_path / "aside").rename(folder)
    (site / "gone").symlink_to(outside)
    (site / MADE).write_text('{"gone/precious.txt": "x"}')
    with pytest.raises(DiskError, match="gone is a link"):
        made_site(tmp_path, 3, 2)
    (site / MADE).write_text('{"../outside/precious.txt": "x"}')
    made_site(tmp_path, 3, 2)
    assert [path.read_text() for path in outside.iterdir()] == ["mine"]
    (site / MADE).write_text("[" * 100_000)
    assert made_site(tmp_path, 3, 2)[0].changed > 3


def test_an_email_is_masked_whatever_stands_in_its_cell() -> None:
    assert masked_email("Ann <ann@example.org>") == "A…@example.org"
    assert masked_email("call 555-1234") == "…"
    assert masked_email(None) is None


def test_it_is_quick_at_5000_people_and_100000_passages(page: Page, tmp_path: Path) -> None:
    made_site(tmp_path, 5_000, 20)
    site = tmp_path / "site"
    first = [site / "index.html", site / "assets" / "site.css", site / "assets" / "site.js"]
    assert sum(path.stat().st_size for path in first) < FIRST_PAGE
    page.goto(address(tmp_path, "people.html#q=person+4321"))
    expect(page.locator("#people tbody tr")).to_have_count(1)
    page.goto(address(tmp_path, "search.html"))
    took = []
    for query in ("fear", "mother work", '"never always"', "lig*", "unique77x3"):
        page.get_by_label("Words").fill(query)
        words = re.compile(re.sub(r'["*]', "", query).replace(" ", "|"))
        expect(page.locator("#found li mark").first).to_have_text(words)
        took.append(int(page.locator("#count").get_attribute("data-milliseconds") or 0))
    assert min(took) < 1000, took  # under 200 on a machine that does nothing else
