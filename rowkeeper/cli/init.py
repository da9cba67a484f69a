"""``rowkeeper init``: a team's folder begins with what its sheet says."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rowkeeper.cli.options import json_option, require_folder
from rowkeeper.cli.terminal import Terminal, console, hand_over, say_json
from rowkeeper.core.errors import UsageError
from rowkeeper.core.project import PROJECT_VARIABLE, config_path, project_folder
from rowkeeper.core.said import shown

if TYPE_CHECKING:
    from loaders.offer import Offer
    from loaders.offered_links import LinkCount
    from rowkeeper.core.settings import Settings


@click.command()
@click.option("--sheet", metavar="SHEET", help="The sheet: its URL or a file.")
@click.option("--tab", metavar="TAB", help="The sheet's tab: its gid or its title.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=TITLE",
    help="What the sheet calls a column of ours, such as name=Who; repeat.",
)
@click.option(
    "--row-id",
    "row_id",
    multiple=True,
    metavar="COLUMN",
    help="What ids are made of where the sheet has none, such as email; repeat.",
)
@click.option("--yes", is_flag=True, help="Write it without a question, also on a terminal.")
@click.option("--dry-run", is_flag=True, help="Print the config; write nothing.")
@json_option("What was understood")
def command(
    sheet: str | None,
    tab: str | None,
    columns: tuple[str, ...],
    row_id: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Begin a team's folder: read its sheet, offer a mapping, write a commented config.

    It goes into .dlt/config.toml of the folder that this is called in, or of --project; commands
    that are called there or below find it. The data folder is begun, and the config says which it
    is. Nothing that is there is overwritten. Questions are asked on a terminal alone; flags answer
    them elsewhere.
    """
    from loaders.offered_links import count_links, direct_hosts
    from rowkeeper.core.journal.folder_id import known_id
    from rowkeeper.workspace.first_config import config_text

    folder = _folder()
    settings = _settings(folder) if dry_run else _free_settings(folder)
    out = console(stderr=as_json or dry_run)
    is_asked = sys.stdin.isatty() and sys.stderr.isatty() and not yes
    source = _source(sheet, out, is_asked)
    offer = _offer(settings, source, tab, columns, row_id)
    links = count_links(offer.snapshot)
    hosts = list(direct_hosts(links))
    _show(out, offer, links)
    if dry_run:
        if not as_json:
            hand_over(config_text(source, offer, known_id(settings.data_dir), hosts))
    elif is_asked and not click.confirm(f"Write {shown(config_path(folder))}?", err=True):
        out.say("Nothing was written.")
        return
    else:
        _write(out, folder, settings, source, offer, hosts)
    if as_json:
        say_json(_facts(offer, links, None if dry_run else config_path(folder)))


def _folder() -> Path:
    """Where the config goes: the folder that is named, else the current one."""
    if os.environ.get(PROJECT_VARIABLE):
        return project_folder(os.environ)
    return Path.cwd()


def _source(sheet: str | None, out: Terminal, is_asked: bool) -> str:
    """The sheet that is meant; a file with its whole path, for the config is read from anywhere."""
    source = sheet or (out.ask("The sheet, its URL or a file:") if is_asked else "")
    if not source:
        raise UsageError("No sheet is named: give --sheet, a URL or a file.")
    is_file = "://" not in source and not source.startswith("sheets:")
    return str(Path(source).expanduser().absolute()) if is_file else source


def _settings(folder: Path) -> "Settings":
    """The settings as commands in ``folder`` will find them."""
    from rowkeeper.core.settings import load_settings

    data_dir = None if os.environ.get("ROWKEEPER_DATA_DIR") else folder / "data"
    settings = load_settings({"data_dir": data_dir}, config_dir=folder / ".dlt")
    os.umask(int(settings.disk.umask, 8))
    return settings


def _free_settings(folder: Path) -> "Settings":
    """The same for a folder that a config may be written in, and whose disk is there."""
    from rowkeeper.workspace.first_config import check_folder_is_free

    check_folder_is_free(folder)
    settings = _settings(folder)
    require_folder(settings)
    return settings


def _offer(
    settings: "Settings",
    source: str,
    tab: str | None,
    columns: tuple[str, ...],
    row_id: tuple[str, ...],
) -> "Offer":
    from loaders.offer import make_offer
    from loaders.sheet import Access

    titles: dict[str, list[str]] = {}
    for given in columns:
        name, equals, title = given.partition("=")
        if not equals or not name.strip() or not title.strip():
            raise UsageError(f"--column {given} should be OURS=TITLE, such as name=Who.")
        titles.setdefault(name.strip(), []).append(title.strip())
    return make_offer(source, tab, titles, Access.of(settings), row_id)


def _show(out: Terminal, offer: "Offer", links: "list[LinkCount]") -> None:
    snapshot = offer.snapshot
    out.say(f"Sheet {snapshot.source}, tab {snapshot.tab_label}: {offer.people} people.")
    rows = [
        (name, ", ".join(titles), _known_by(name, offer)) for name, titles in _understood(offer)
    ]
    out.table("Columns", ["ours", "the sheet's", ""], rows)
    if offer.row_id:
        out.say(f"Row ids are made of {' and '.join(offer.row_id)}.")
    if offer.shared:
        out.say(f"{offer.shared} people have no row id of their own: see quarantine after a run.")
    if links:
        counted = [
            (link.title, link.number, f"{link.provider} {link.link_type}", _becomes(link))
            for link in links
        ]
        out.table("Links", ["column", "links", "to", "what becomes of them"], counted)
    else:
        out.say("No links were found in it: people only, until there are some.")
    for notice in snapshot.notices:
        out.say(notice)


def _write(
    out: Terminal, folder: Path, settings: "Settings", source: str, offer: "Offer", hosts: list[str]
) -> None:
    from rowkeeper.core.journal.folder_id import folder_id
    from rowkeeper.workspace.dbt_links import link_dbt
    from rowkeeper.workspace.first_config import config_text, write_config

    text = config_text(source, offer, folder_id(settings.data_dir), hosts)
    out.say(f"Wrote {write_config(folder, text)}. Mend what was guessed wrong in it.")
    if said := link_dbt(folder):
        out.say(said)
    out.say("Next, in that folder: rowkeeper run --mode basic, then rowkeeper run")


def _understood(offer: "Offer") -> list[tuple[str, list[str]]]:
    """Our columns that the sheet has, with its titles for each; halves of a name are in it."""
    from loaders.names import NAME_PARTS

    titles = offer.snapshot.columns.titles
    return [
        (name, [titles[place] or f"column {place + 1}" for place in places])
        for name, places in offer.snapshot.columns.places.items()
        if name not in NAME_PARTS
    ]


def _known_by(name: str, offer: "Offer") -> str:
    """What a reader should know of how a column was understood."""
    from loaders.columns import KNOWN

    if name not in KNOWN:
        return "content: no field of ours has that name"
    return "a guess" if name in offer.guessed else ""


def _becomes(link: "LinkCount") -> str:
    if link.fate != "asset":
        return link.fate
    wanted = f"fetched: {', '.join(link.kinds)}"
    return f"{wanted}, once download.hosts has {link.host}" if link.host else wanted


def _facts(offer: "Offer", links: "list[LinkCount]", written: Path | None) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "source": offer.snapshot.source,
        "tab": offer.snapshot.tab_label,
        "people": offer.people,
        "shared_row_ids": offer.shared,
        "columns": dict(_understood(offer)),
        "guessed": sorted(offer.guessed),
        "row_id": offer.row_id,
        "links": [asdict(link) for link in links],
        "notices": offer.snapshot.notices,
        "written": written,
    }
