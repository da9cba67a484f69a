"""``rowkeeper status``: who has what, is it archived, what failed and why."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rowkeeper.catalogue.places import places
from rowkeeper.catalogue.publish import Catalog, Record, read_catalog
from rowkeeper.catalogue.site.last_run import are_pages_older, run_text
from rowkeeper.cli.options import json_option, prepare, warehouse_options
from rowkeeper.cli.terminal import Terminal, console, say_json
from rowkeeper.core.project import find_project
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import require_each, select
from rowkeeper.workspace.sessions import workers_of

if TYPE_CHECKING:
    from rowkeeper.workspace.last_build import Warned

EVERYBODY = "*"
SHOWN_FAILURES = 20
PEOPLE_COLUMNS = ("row_id", "name", "email", "personality_type", "assets", "archived", "lacks")
ASSET_COLUMNS = (
    *("asset_type", "assets", "archived", "unchecked", "to_upload", "to_download", "failed"),
    *("known_earlier", "not_wanted"),
)
RARE_STATES = frozenset({"unchecked", "known_earlier", "not_wanted"})
SESSION_COLUMNS = (
    *("activity", "session_type", "status", "total_assets", "completed_assets", "failed_assets"),
    "created_at",
)


@click.command()
@json_option("All of it")
@click.option(
    "--people",
    is_flag=False,
    flag_value=EVERYBODY,
    metavar="[ROWS]",
    help="Each person: what is archived by kind, what is not and why; of these row ids alone, such "
    "as 12,40-60.",
)
@warehouse_options
def command(as_json: bool, people: str | None, target: str | None, data_dir: str | None) -> None:
    """Show people, assets by kind and status, failures with reasons, the last run and sessions."""
    selection = select(people=None if people == EVERYBODY else people)
    context = prepare(target, data_dir=data_dir)
    catalog = read_catalog(context)
    require_each(selection, [person["row_id"] for person in catalog.people])
    named = [person for person in catalog.people if selection.has(person["row_id"])]
    workers = workers_of(context, (str(item["session_id"]) for item in catalog.sessions))
    if as_json:
        answer = {**asdict(catalog), "people": named, "places": places(context), "workers": workers}
        say_json(answer)
        return
    out = console()
    if people:
        _table(out, "People", PEOPLE_COLUMNS, map(by_kind, named))
    _print_catalog(out, catalog)
    for run in catalog.runs[:1]:
        out.say(run_text(run))
        if are_pages_older(context, run):
            out.say(
                f"The pages for readers are older: {_program('rowkeeper')} site{_options(context)}"
            )
    if catalog.sessions:
        _table(out, "Last sessions", SESSION_COLUMNS, catalog.sessions)
    for session_id, had in workers.items():
        out.say(f"Session {session_id} by worker: {by_worker(had)}.")
    _print_places(out, context)


def by_kind(person: Record) -> Record:
    """``person`` with what is archived and what is not in words: ``video 1``, ``file (gone)``."""
    archived = ", ".join(f"{kind} {count}" for kind, count in person["archived_kinds"].items())
    lacks = ", ".join(f"{kind} ({why})" for kind, why in person["lacks"].items())
    return {**person, "archived": archived, "lacks": lacks}


def by_worker(had: Mapping[str, int]) -> str:
    """How many assets each worker of a cluster had, in words."""
    return ", ".join(f"{name} {count}" for name, count in sorted(had.items()))


def print_overview(context: Context, out: Terminal, warnings: Sequence["Warned"]) -> None:
    """The end of a run: what there is, what failed and why, where it is and how to look further."""
    _print_catalog(out, read_catalog(context))
    for warned in warnings:
        more = ", …" if warned.rows > len(warned.examples) else ""
        rows = "; ".join(warned.examples)
        out.say(f"Warning: {warned.test} lists {warned.rows} rows: {rows}{more}")
    _print_places(out, context)
    out.say("Look further:")
    options = _options(context)
    out.say(f"{_program('rowkeeper')} status --people{options}", lead="  ")
    for warned in warnings[:1]:
        sql = f"select * from {warned.relation}".replace('"', "")
        command = f"{_program('dbt')} show --inline '{sql}' --target {context.target.name}"
        out.say(f"{_variable(context)}{command}", lead="  ")


def _options(context: Context) -> str:
    """What rowkeeper needs to find this warehouse and this data folder again."""
    folder = "" if _is_default(context) else f" --data-dir {_quoted_folder(context)}"
    return f" --target {context.target.name}{folder}"


def _variable(context: Context) -> str:
    """What dbt needs for the same."""
    return "" if _is_default(context) else f"ROWKEEPER_DATA_DIR={_quoted_folder(context)} "


def _is_default(context: Context) -> bool:
    project = find_project(os.environ)
    return project is not None and context.settings.data_dir == project / "data"


def _quoted_folder(context: Context) -> str:
    return shlex.quote(str(context.settings.data_dir))


def _program(name: str) -> str:
    """How a shell calls a program of this environment."""
    if shutil.which(name):
        return name
    return shlex.quote(os.path.relpath(Path(sys.executable).parent / name))


def _print_catalog(out: Terminal, catalog: Catalog) -> None:
    with_content = [person for person in catalog.people if person["assets"]]
    full = "".join(
        f", {proof['complete_people']} of them archived in full" for proof in catalog.proof
    )
    out.say(f"{len(catalog.people)} people, {len(with_content)} with content{full}.")
    if catalog.assets:
        _table(out, "Assets", with_something(ASSET_COLUMNS, catalog.assets), catalog.assets)
    for failure in catalog.failures[:SHOWN_FAILURES]:
        out.say(_failure_text(failure))
    if len(catalog.failures) > SHOWN_FAILURES:
        out.say(f"and {len(catalog.failures) - SHOWN_FAILURES} more: --json has them all")
    _print_unproved(out, catalog)
    unsupported = catalog.unsupported_links
    for link in unsupported[:SHOWN_FAILURES]:
        out.say(_unsupported_text(link))
    if len(unsupported) > SHOWN_FAILURES:
        more = len(unsupported) - SHOWN_FAILURES
        out.say(f"and {more} more links that nothing fetches: --json has them all")
    for group in catalog.quarantine:
        word = "Quarantined" if group["to_mend"] else "Left out"
        out.say(f"{word}: {group['rows']} {group['source']} rows: {group['reason']}")
    for assumed in catalog.notices:
        out.say(f"Assumed: {assumed['notice']}")


def with_something(columns: Sequence[str], records: Sequence[Record]) -> list[str]:
    """The columns without those of a state that nothing is in and few archives know."""
    return [
        column
        for column in columns
        if column not in RARE_STATES or any(record[column] for record in records)
    ]


def _print_unproved(out: Terminal, catalog: Catalog) -> None:
    """What is there and not known to be all, or not final: nothing of it looks complete."""
    for proof in catalog.proof:
        if count := proof["incomplete_lists"]:
            what = "list or document is" if count == 1 else "lists or documents are"
            out.say(f"{count} {what} not known to be complete: read again when due.")
        if count := proof["provisional"]:
            what = "medium is" if count == 1 else "media are"
            out.say(f"{count} {what} provisional: fetched again until final.")
    partial = catalog.incomplete_lists
    for listed in partial[:SHOWN_FAILURES]:
        out.say(_partial_text(listed))
    if len(partial) > SHOWN_FAILURES:
        out.say(f"and {len(partial) - SHOWN_FAILURES} more such lists: --json has them all")


def _partial_text(listed: Record) -> str:
    what = f"{listed['asset_type']} of row {listed['row_id']} ({listed['name']})"
    state = str(listed["completeness"]).capitalize()
    return f"{state}: {what} {listed['original_url']}: {listed['incomplete_because']}"


def _failure_text(failure: Record) -> str:
    what = f"{failure['asset_type']} of row {failure['row_id']} ({failure['name']})"
    reason = f"{failure['error_message']} ({failure['error_code']}, {failure['verdict']})"
    asset = f"{what} {failure['original_url']}"
    return f"Failed {failure['stage']}: {asset}: {reason}; {failure['next_step']}"


def _unsupported_text(link: Record) -> str:
    where = f"row {link['row_id']} ({link['name']}), {link['column_name']}"
    return f"Not fetched: {link['url']} of {where}: {link['reason']}"


def _print_places(out: Terminal, context: Context) -> None:
    for name, place in places(context).items():
        out.say(f"{name}: {place}")


def _table(out: Terminal, title: str, columns: Sequence[str], records: Iterable[Record]) -> None:
    out.table(title, columns, ([record[column] for column in columns] for record in records))
