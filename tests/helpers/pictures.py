"""The pictures of the README, of a site of made-up people: ``python -m tests.helpers.pictures``."""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page

from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.site.write import make_site
from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.browser import open_browser, until
from tests.helpers.catalogues import SOUND, made_data, made_index, made_sound

FOLDER = PROJECT_DIR / "docs" / "pictures"
SIZE = (1000, 680)
PEOPLE, PASSAGES = 40, 8
PLAYS = "6"
"""Whose page is shown: a recording of theirs is here."""
FIRST = ("Ann", "José", "Yara", "Olu", "Mei", "Ingrid", "Tomasz", "Leila", "Sam", "Priya")
LAST = ("Ash", "Zażółć", "Jansen", "Bay")
SAID = (
    "I was never afraid of failure, but I was afraid of what people would say.",
    "My first job was in a bakery: up at four, home before school.",
    "What I feared most was that nothing would ever change.",
    "Then somebody asked me a question, and I had no answer.",
    "So I went home and wrote down everything that I was sure of.",
    "It was a short list, and fear had written half of it.",
    "Today I would say: start with what you know, and be kind.",
    "That is all that I have to say about it, really.",
)
SHOWN = {
    "home.png": ("index.html", "document.querySelectorAll('svg').length > 4"),
    "person.png": (f"person/{PLAYS}.html", "document.querySelectorAll('.words p').length > 4"),
    "search.png": ("search.html#q=fear", "document.querySelectorAll('#found li').length > 4"),
}
"""Picture -> the page that it shows, and what is true of the page once all is there."""


def take_pictures(browser: Browser, scratch: Path, folder: Path) -> None:
    """Write each picture into ``folder``, with a site in ``scratch``."""
    site = _site(scratch)
    opened = browser.new_context(
        viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="light"
    )
    page: Page = opened.new_page()
    folder.mkdir(parents=True, exist_ok=True)
    for name, (file, is_there) in SHOWN.items():
        page.goto(f"{site.as_uri()}/{file}")
        until(page, is_there)
        page.screenshot(path=folder / name)
    opened.close()


def _site(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    made_sound(folder)
    data = made_data(PEOPLE)
    for records in ("people", "history", "failures", "assets"):
        for record in data.rows[records]:
            _rename(record)
    data.warnings.clear()
    data.rows["growth"] = [
        {"day": f"2026-11-{day:02}", "files": day % 5, "bytes": 300 * (day % 5)}
        for day in range(1, 21)
    ]
    path = folder / "search.sqlite"
    made_index(path, data, PASSAGES)
    with closing(sqlite3.connect(path)) as index:
        index.executemany(
            "update passages set passage = ?1, words = ?1 "
            "where (position + content_id * 3) % ?2 = ?3",
            [(words, len(SAID), place) for place, words in enumerate(SAID)],
        )
        index.execute("insert into passages_fts (passages_fts) values ('rebuild')")
        index.commit()
        make_site(folder / "site", data, index, folder, folder / "docs.html")
    return folder / "site"


def _rename(record: Record) -> None:
    number = int(record["row_id"]) - 1
    if "name" in record:
        record["name"] = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"
    if record["row_id"] == PLAYS and "local_file_path" in record:
        record |= {"local_file_path": SOUND, "mime_type": "audio/wav", "filename": "Interview.wav"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, open_browser() as browser:
        take_pictures(browser, Path(scratch), Path(*sys.argv[1:]) if sys.argv[1:] else FOLDER)
