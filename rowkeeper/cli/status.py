"""``rowkeeper status``: who has what, is it archived, what failed and why."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rowkeeper.cli.catalog import Catalog, Record, published_path, read_catalog
from rowkeeper.cli.options import Context, prepare, warehouse_options
from rowkeeper.cli.terminal import plain

SHOWN_FAILURES = 20
PEOPLE_COLUMNS = ("row_id", "name", "email", "personality_type", "assets", "archived", "failed")
ASSET_COLUMNS = ("asset_type", "assets", "archived", "to_upload", "to_download", "failed")
SESSION_COLUMNS = (
    *("session_type", "status", "total_assets", "completed_assets", "failed_assets"),
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
        click.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))
        return
    console = Console(highlight=False)
    if people:
        console.print(_table("People", PEOPLE_COLUMNS, catalog.people))
    _print_catalog(console, catalog)
    if catalog.sessions:
        console.print(_table("Last sessions", SESSION_COLUMNS, catalog.sessions))
    _print_places(console, context)


def print_overview(context: Context, console: Console, warnings: Mapping[str, int]) -> None:
    """The end of a run: what there is, what failed and why, where it is and how to look further."""
    _print_catalog(console, read_catalog(context))
    for test, rows in warnings.items():
        _line(console, f"Warning: {test} lists {rows} rows.")
    _print_places(console, context)
    target = context.target.name
    _line(console, f"Look further: rowkeeper status --people --target {target}")
    if warnings:
        _line(console, f"The warnings: dbt build --select test_type:data --target {target}")


def places(context: Context) -> dict[str, str]:
    """Where everything is: name of the thing -> place, without secrets."""
    settings, target = context.settings, context.target
    found = {
        "warehouse": target.where,
        "archive": settings.store.url,
        "files": str(settings.data_dir / "files"),
        "journal": str(settings.data_dir / "journal"),
    }
    if target.type == "duckdb":
        found["catalogue for readers"] = str(published_path(target))
    return found


def _print_catalog(console: Console, catalog: Catalog) -> None:
    with_content = [person for person in catalog.people if person["assets"]]
    complete = [person for person in with_content if person["assets"] == person["archived"]]
    _line(
        console,
        f"{len(catalog.people)} people, {len(with_content)} with content, "
        f"{len(complete)} of them archived in full.",
    )
    if catalog.assets:
        console.print(_table("Assets", ASSET_COLUMNS, catalog.assets))
    for failure in catalog.failures[:SHOWN_FAILURES]:
        _line(console, _failure_text(failure))
    if len(catalog.failures) > SHOWN_FAILURES:
        _line(console, f"and {len(catalog.failures) - SHOWN_FAILURES} more: --json has them all")
    for group in catalog.quarantine:
        _line(console, f"Quarantined: {group['rows']} {group['source']} rows: {group['reason']}")


def _failure_text(failure: Record) -> str:
    what = f"{failure['asset_type']} of row {failure['row_id']} ({failure['name']})"
    reason = f"{failure['error_message']} ({failure['error_code']}, {failure['verdict']})"
    return f"Failed {failure['stage']}: {what} {failure['original_url']}: {reason}"


def _print_places(console: Console, context: Context) -> None:
    for name, place in places(context).items():
        _line(console, f"{name}: {place}")


def _line(console: Console, text: str) -> None:
    console.print(escape(plain(text)), soft_wrap=True)


def _table(title: str, columns: Iterable[str], records: Iterable[Record]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for record in records:
        table.add_row(*(escape(_cell(record[column])) for column in columns))
    return table


def _cell(value: Any) -> str:
    return "" if value is None else plain(value)
