"""``rowkeeper status``: who has what, is it archived, what failed and why."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rowkeeper.catalogue.places import places
from rowkeeper.catalogue.publish import Catalog, Record, read_catalog
from rowkeeper.cli.options import prepare, warehouse_options
from rowkeeper.cli.terminal import console, json_text, plain
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from rowkeeper.workspace.last_build import Warned

SHOWN_FAILURES = 20
PEOPLE_COLUMNS = ("row_id", "name", "email", "personality_type", "assets", "archived", "failed")
ASSET_COLUMNS = (
    *("asset_type", "assets", "archived", "unchecked", "to_upload", "to_download", "failed"),
    *("known_earlier", "not_wanted"),
)
SESSION_COLUMNS = (
    *("activity", "session_type", "status", "total_assets", "completed_assets", "failed_assets"),
    "created_at",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@click.option("--people", is_flag=True, help="Each person and what of theirs is archived.")
@warehouse_options
def command(as_json: bool, people: bool, target: str | None, data_dir: str | None) -> None:
    """Show people, assets by kind and status, failures with their reasons, the last sessions."""
    context = prepare(target, data_dir=data_dir)
    catalog = read_catalog(context)
    if as_json:
        found = {**asdict(catalog), "places": places(context)}
        click.echo(json_text(found))
        return
    out = console()
    if people:
        out.print(_table("People", PEOPLE_COLUMNS, catalog.people))
    _print_catalog(out, catalog)
    if catalog.sessions:
        out.print(_table("Last sessions", SESSION_COLUMNS, catalog.sessions))
    _print_places(out, context)


def print_overview(context: Context, out: Console, warnings: Sequence["Warned"]) -> None:
    """The end of a run: what there is, what failed and why, where it is and how to look further."""
    _print_catalog(out, read_catalog(context))
    for warned in warnings:
        more = ", …" if warned.rows > len(warned.examples) else ""
        rows = "; ".join(warned.examples)
        _line(out, f"Warning: {warned.test} lists {warned.rows} rows: {rows}{more}")
    _print_places(out, context)
    _line(out, "Look further:")
    options = _options(context)
    _line(out, f"{_program('rowkeeper')} status --people{options}", indent=2)
    for warned in warnings[:1]:
        sql = f"select * from {warned.relation}".replace('"', "")
        command = f"{_program('dbt')} show --inline '{sql}' --target {context.target.name}"
        _line(out, f"{_variable(context)}{command}", indent=2)


def _options(context: Context) -> str:
    """What rowkeeper needs to find this warehouse and this data folder again."""
    folder = "" if _is_default(context) else f" --data-dir {_quoted_folder(context)}"
    return f" --target {context.target.name}{folder}"


def _variable(context: Context) -> str:
    """What dbt needs for the same."""
    return "" if _is_default(context) else f"ROWKEEPER_DATA_DIR={_quoted_folder(context)} "


def _is_default(context: Context) -> bool:
    return context.settings.data_dir == PROJECT_DIR / "data"


def _quoted_folder(context: Context) -> str:
    return shlex.quote(str(context.settings.data_dir))


def _program(name: str) -> str:
    """How a shell calls a program of this environment."""
    if shutil.which(name):
        return name
    return shlex.quote(os.path.relpath(Path(sys.executable).parent / name))


def _print_catalog(out: Console, catalog: Catalog) -> None:
    with_content = [person for person in catalog.people if person["assets"]]
    full = "".join(
        f", {proof['complete_people']} of them archived in full" for proof in catalog.proof
    )
    _line(out, f"{len(catalog.people)} people, {len(with_content)} with content{full}.")
    if catalog.assets:
        out.print(_table("Assets", ASSET_COLUMNS, catalog.assets))
    for failure in catalog.failures[:SHOWN_FAILURES]:
        _line(out, _failure_text(failure))
    if len(catalog.failures) > SHOWN_FAILURES:
        _line(out, f"and {len(catalog.failures) - SHOWN_FAILURES} more: --json has them all")
    _print_unproved(out, catalog)
    unsupported = catalog.unsupported_links
    for link in unsupported[:SHOWN_FAILURES]:
        _line(out, _unsupported_text(link))
    if len(unsupported) > SHOWN_FAILURES:
        more = len(unsupported) - SHOWN_FAILURES
        _line(out, f"and {more} more links that nothing fetches: --json has them all")
    for group in catalog.quarantine:
        _line(out, f"Quarantined: {group['rows']} {group['source']} rows: {group['reason']}")
    for assumed in catalog.notices:
        _line(out, f"Assumed: {assumed['notice']}")


def _print_unproved(out: Console, catalog: Catalog) -> None:
    """What is there and not known to be all, or not final: nothing of it looks complete."""
    for proof in catalog.proof:
        if count := proof["incomplete_lists"]:
            what = "list or document is" if count == 1 else "lists or documents are"
            _line(out, f"{count} {what} not known to be complete: read again when due.")
        if count := proof["provisional"]:
            what = "medium is" if count == 1 else "media are"
            _line(out, f"{count} {what} provisional: fetched again until final.")
    partial = catalog.incomplete_lists
    for listed in partial[:SHOWN_FAILURES]:
        _line(out, _partial_text(listed))
    if len(partial) > SHOWN_FAILURES:
        _line(out, f"and {len(partial) - SHOWN_FAILURES} more such lists: --json has them all")


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


def _print_places(out: Console, context: Context) -> None:
    for name, place in places(context).items():
        _line(out, f"{name}: {place}")


def _line(out: Console, text: str, indent: int = 0) -> None:
    out.print(" " * indent + escape(plain(text)), soft_wrap=True)


def _table(title: str, columns: Iterable[str], records: Iterable[Record]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for record in records:
        table.add_row(*(escape(_cell(record[column])) for column in columns))
    return table


def _cell(value: Any) -> str:
    return "" if value is None else plain(value)
