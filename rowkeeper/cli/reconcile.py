"""``rowkeeper reconcile``: each cell of the sources against the tables, and a sum for each file."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rowkeeper.cli.options import prepare, warehouse_options
from rowkeeper.cli.terminal import console, json_text, plain
from rowkeeper.core.csv.guard import guard
from rowkeeper.core.errors import ReconcileError
from rowkeeper.core.files import write_whole
from rowkeeper.core.text import quoted
from rowkeeper.migration.reconcile.differences import FAULTS, LOST, WRONG, Difference
from rowkeeper.migration.reconcile.proof import NONE
from rowkeeper.migration.reconcile.reconcile import Reconciliation, reconcile

SHOWN = 20
COLUMNS = ("source", "file", "rows_in", "used", "repeats", "quarantined", "closed", "proof")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@click.option("--deep", is_flag=True, help="Read each file, else each kept load, again.")
@click.option("--differences", metavar="FILE", help="Write the differences to this CSV.")
@warehouse_options
def command(
    as_json: bool, deep: bool, differences: str | None, target: str | None, data_dir: str | None
) -> None:
    """Hold each source cell of name, e-mail, type, link and content against the tables.

    The sources are the legacy files and the newest sheet. Ends with 0 if every row is accounted
    for and no cell is lost, else with 10.
    """
    context = prepare(target, data_dir=data_dir)
    found = reconcile(context, deep=deep)
    if differences:
        write_whole(Path(differences).expanduser(), as_csv(found.differences))
    if as_json:
        click.echo(json_text(as_record(found)))
    else:
        _print(console(), found)
    if not found.complete:
        raise ReconcileError(_refusal(found))


def as_record(found: Reconciliation) -> dict[str, Any]:
    """``found`` as JSON has it."""
    return {
        "complete": found.complete,
        "files": [asdict(file) for file in found.files],
        "older_snapshots": found.older_snapshots,
        "differences": [asdict(difference) for difference in found.differences],
    }


def as_csv(differences: Sequence[Difference]) -> bytes:
    """The differences as a CSV in UTF-8, one a line, guarded: spreadsheets open it."""
    text = io.StringIO(newline="")
    names = [item.name for item in fields(Difference)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for difference in differences:
        writer.writerow({name: guard(str(cell)) for name, cell in asdict(difference).items()})
    return text.getvalue().encode()


def _print(out: Console, found: Reconciliation) -> None:
    table = Table(title="Source files", title_justify="left")
    for column in COLUMNS:
        table.add_column(column.replace("_", " "), overflow="fold")
    for file in found.files:
        shown = asdict(file) | {
            "quarantined": sum(file.quarantined.values()),
            "closed": "yes" if file.closed else f"no, {file.unaccounted} are missing",
        }
        table.add_row(*(escape(plain(shown[column])) for column in COLUMNS))
    out.print(table)
    for file in found.files:
        for reason, rows in file.quarantined.items():
            _line(out, f"Quarantined in {file.file}: {rows} rows: {reason}")
        if file.compared_with:
            _line(out, f"{file.file}: each row was compared with {file.compared_with}.")
        if file.notice:
            _line(out, f"{file.file} {file.notice}.")
        for title, cells in file.unknown_columns.items():
            column = f"column {quoted(title)} of {file.file}"
            _line(out, f"Nobody knows {column}: its {cells} filled cells are kept.")
    for held_against, number in found.older_snapshots.items():
        _line(out, f"{number} older snapshots were compared with {held_against}.")
    for kind, cells in sorted(Counter(item.kind for item in found.differences).items()):
        _line(out, f"{cells} cells are {kind}.")
    worst = sorted(found.differences, key=lambda item: item.kind not in FAULTS)
    for item in worst[:SHOWN]:
        _line(out, f"  {_text(item)}")
    if len(worst) > SHOWN:
        _line(out, f"  and {len(worst) - SHOWN} more: --differences FILE.csv has them all")
    if found.complete:
        _line(out, "Every row is accounted for and no cell is lost.")


def _text(item: Difference) -> str:
    what = f"{item.kind}: {item.file}, line {item.line}, {item.column or 'the row'}"
    return f"{what}: {item.source_value[:80]!r} is {item.table_value[:80]!r} ({item.reason})"


def _line(out: Console, text: str) -> None:
    out.print(escape(plain(text)), soft_wrap=True)


def _refusal(found: Reconciliation) -> str:
    opened = [file.file for file in found.files if not file.closed or file.proof == NONE]
    kinds = Counter(item.kind for item in found.differences)
    sums = f"the sums of {', '.join(opened)} do not close" if opened else "every sum closes"
    return (
        f"The tables are not complete: {kinds[LOST]} cells are lost, {kinds[WRONG]} are wrong, "
        f"{sums}. See the differences, keep the source files and report this."
    )
