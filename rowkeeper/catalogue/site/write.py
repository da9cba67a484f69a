"""Writes the site: the pages that changed, and no other."""

import hashlib
import os
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.search_index import open_index, renew_index
from rowkeeper.catalogue.site import pages
from rowkeeper.catalogue.site.data import SiteData, read_site
from rowkeeper.catalogue.site.files import SiteFiles, WrittenSite, alone, digest
from rowkeeper.catalogue.site.folder import site_folder
from rowkeeper.catalogue.site.lists import lists
from rowkeeper.catalogue.site.people_pages import file_names, person_page
from rowkeeper.catalogue.site.words import script, search_files, short
from rowkeeper.core.disk.faults import not_written
from rowkeeper.core.disk.own import is_own_file, refuse_links
from rowkeeper.core.said import without_secrets
from rowkeeper.workspace.context import Context

PEOPLE_MADE_OF = "data/people_made_of.txt"
"""Of what the pages of people were made, all together."""
WORDS_MADE_OF = "data/search/made_of.txt"
"""Of what the files of words were made."""
TOGETHER = (PEOPLE_MADE_OF, WORDS_MADE_OF)
OF_WORDS = ("data/words/", "data/texts/", "data/search")
HERE = Path(__file__).parent
PACKAGE = HERE.parents[1]
OWN = "'self' file:"
"""Whence scripts and styles may come: from beside the page; of ``file:`` that is no ``self``."""
MEDIA = f"{OWN} https: http:"
"""Recordings come from the store, too, by an address that is made when it is asked for."""
TEXTS = """
select texts.person_row_id, contents.text_key, texts.owner_key, texts.kind, texts.title,
    texts.original_url, texts.language, texts.source
from texts inner join contents on texts.content_id = contents.content_id
order by texts.kind desc, texts.owner_key
"""


def write_site(context: Context, folder: Path | None = None) -> WrittenSite:
    """Bring the site up to the catalogue for readers. Raises ``WarehouseError``, ``DiskError``, and
    ``UsageError`` for a folder that holds other things."""
    if folder is None:  # one that somebody named may be a link
        refuse_links(context.settings.data_dir, folder := site_folder(context))
    docs = context.settings.data_dir / "dbt" / context.target.name / "target/static_index.html"
    with alone(folder):
        renew_index(context)
        data = read_site(context)
        with open_index(context) as index:
            return make_site(folder, data, index, context.settings.data_dir, docs)


def make_site(
    folder: Path, data: SiteData, index: sqlite3.Connection, data_dir: Path, docs: Path
) -> WrittenSite:
    """The site of ``data`` and of the words of ``index`` in ``folder``. ``docs``: the page of dbt's
    docs, which need not be there. Raises as :func:`write_site`."""
    try:
        out = SiteFiles(folder, TOGETHER)
        _static(out)
        _words(out, index)
        _lists(out, data, os.path.relpath(docs, folder) if docs.is_file() else None)
        _people(out, data, _texts(index), data_dir)
        return out.finish()
    except OSError as error:
        raise not_written(str(folder), error) from error


def _static(out: SiteFiles) -> None:
    for path in sorted((HERE / "static").iterdir()):
        text = path.read_text("utf-8")
        out.put(f"assets/{path.name}", text, lambda text=text: text)  # type: ignore[misc]


def _words(out: SiteFiles, index: sqlite3.Connection) -> None:
    made_of = index.execute("select value from about where name = 'made_of'").fetchone()[0]
    code = hashlib.sha256((HERE / "words.py").read_bytes()).hexdigest()
    before = {path: of for prefix in OF_WORDS for path, of in out.below(prefix).items()}
    if out.before.get(WORDS_MADE_OF) == digest((made_of, code)) and all(
        is_own_file(out.folder / path) for path in before
    ):
        out.made |= before
        return
    for path, text in search_files(index):
        out.put(f"data/{path}", text, lambda text=text: text)  # type: ignore[misc]
    out.put(WORDS_MADE_OF, (made_of, code), lambda: f"{made_of}\n")


def _texts(index: sqlite3.Connection) -> dict[str, list[Record]]:
    """What each person says and writes: row id -> the texts, without their words."""
    texts: dict[str, list[Record]] = {}
    for row_id, key, owner, kind, title, url, language, source in index.execute(TEXTS):
        label = ", ".join(item for item in (kind.capitalize(), source, language) if item)
        text = {"file": short(key), "owner": short(owner), "kind": kind, "title": title}
        texts.setdefault(row_id, []).append({**text, "url": url, "label": label})
    return texts


def _lists(out: SiteFiles, data: SiteData, docs: str | None) -> None:
    files = file_names(data.rows["people"])
    rows = pages.people_rows(data.rows["people"], data.by_person("assets"), files)
    out.put("data/people.js", rows, lambda: script("takePeople", rows))
    made = {
        "index.html": ("home.html", pages.home(data)),
        "people.html": ("people.html", pages.people_page(data)),
        "search.html": ("search.html", {"title": "Search"}),
    }
    listed = lists(data, docs, files)
    made |= {name: ("list.html", facts) for name, facts in listed.items()}
    render = _Templates()
    for name, (template, facts) in made.items():
        render.put(out, name, template, {"page": name, **facts})


def _people(out: SiteFiles, data: SiteData, texts: dict[str, list[Record]], data_dir: Path) -> None:
    names = ("history", "assets", "failures")
    given = [data.rows[name] for name in ("people", *names)]
    made_of = digest((_code(), str(out.folder), str(data_dir), texts, given))
    before = out.below("person/")
    if out.before.get(PEOPLE_MADE_OF) == digest(made_of) and all(
        is_own_file(out.folder / path) for path in (PEOPLE_MADE_OF, *before)
    ):
        out.made |= {**before, PEOPLE_MADE_OF: out.before[PEOPLE_MADE_OF]}
        return
    render, files = _Templates(), file_names(data.rows["people"])
    tables = {name: data.by_person(name) for name in names}
    for person in data.rows["people"]:
        row_id = person["row_id"]
        history, assets, failures = (records.get(row_id, []) for records in tables.values())
        links = [one for one in failures if one["stage"] == "link"]
        folder = out.folder / "person"
        facts = person_page(person, history, assets, links, texts.get(row_id, []), folder, data_dir)
        name = f"person/{files[row_id]}"
        render.put(out, name, "person.html", {"page": name, "root": "../", **facts})
    out.put(PEOPLE_MADE_OF, made_of, lambda: f"{made_of}\n")


@cache
def _code() -> str:
    """A name for all that makes pages of what the catalogue has."""
    rooms = (PACKAGE / "catalogue", PACKAGE / "core")
    files = sorted(path for room in rooms for path in room.rglob("*.*") if path.suffix != ".pyc")
    return digest([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])


class _Templates:
    """The templates, which escape all that they are given."""

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.ChainableUndefined,
            trim_blocks=True,
            finalize=_shown,
        )
        texts = (path.read_bytes() for path in sorted((HERE / "templates").iterdir()))
        self._version = hashlib.sha256(b"\0".join(texts)).hexdigest()

    def put(self, out: SiteFiles, name: str, template: str, facts: dict[str, Any]) -> None:
        """Write the page ``name``, unless its template and its facts are as they were."""
        given = {"root": "", "own": OWN, "media": MEDIA, "menu": pages.MENU, **facts}

        def make() -> str:
            return self._environment.get_template(template).render(given)

        out.put(name, (self._version, given), make)


def _shown(value: Any) -> Any:
    """A text of a page, without the secrets of the addresses in it."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return without_secrets(value) if is_text else value
