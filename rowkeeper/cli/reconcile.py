"""``rowkeeper reconcile``: each cell of the sources against the tables, and a sum for each file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from rowkeeper.cli.options import json_option, prepare, quiet_option, warehouse_options
from rowkeeper.cli.terminal import Terminal, console, say_json
from rowkeeper.core.csv.ignoring import IDLE
from rowkeeper.core.csv.written import guarded_csv
from rowkeeper.core.errors import ReconcileError
from rowkeeper.core.files import write_whole
from rowkeeper.core.text import quoted
from rowkeeper.migration.reconcile.differences import FAULTS, LOST, WRONG, Difference
from rowkeeper.migration.reconcile.proof import NONE
from rowkeeper.migration.reconcile.reconcile import Reconciliation, reconcile

SHOWN = 20
COLUMNS = ("source", "file", "rows_in", "used", "repeats", "quarantined", "closed", "proof")


@click.command()
@json_option("All of it")
@click.option("--deep", is_flag=True, help="Read each file, or what is kept of it, again.")
@click.option("--differences", metavar="FILE", help="Write the differences to this CSV.")
@quiet_option
@warehouse_options
def command(
    as_json: bool, deep: bool, differences: str | None, target: str | None, data_dir: str | None
) -> None:
    """Hold each source cell of name, e-mail, type, link and content against the tables.

    The sources are the legacy files and the newest sheet. Ends with 0 if every row is accounted
    for and no cell is lost, else with 10.
    """
    context = prepare(target, data_dir=data_dir)
    result = reconcile(context, deep=deep)
    if differences:
        write_whole(Path(differences).expanduser(), as_csv(result.differences))
    if as_json:
        say_json(as_record(result))
    else:
        _print(console(), result)
    if not result.complete:
        raise ReconcileError(_refusal(result))


def as_record(result: Reconciliation) -> dict[str, Any]:
    """``result`` as JSON has it."""
    return {
        "complete": result.complete,
        "files": [asdict(file) for file in result.files],
        "older_snapshots": result.older_snapshots,
        "idle_rules": result.idle_rules,
        "differences": [asdict(difference) for difference in result.differences],
    }


def as_csv(differences: Sequence[Difference]) -> bytes:
    """The differences as a CSV in UTF-8, one a line, guarded: spreadsheets open it."""
    names = [item.name for item in fields(Difference)]
    return guarded_csv(names, (map(str, asdict(item).values()) for item in differences))


def _print(out: Terminal, result: Reconciliation) -> None:
    rows = []
    for file in result.files:
        cells = asdict(file) | {
            "quarantined": sum(file.quarantined.values()),
            "closed": "yes" if file.closed else f"no, {file.unaccounted} are missing",
        }
        rows.append([cells[column] for column in COLUMNS])
    out.table("Source files", COLUMNS, rows)
    for file in result.files:
        for reason, count in file.quarantined.items():
            word = "Quarantined" if file.to_mend.get(reason) else "Left out"
            out.say(f"{word} in {file.file}: {count} rows: {reason}")
        if file.compared_with:
            out.say(f"{file.file}: each row was compared with {file.compared_with}.")
        if file.notice:
            is_sentence = file.source == "sheet"
            out.say(file.notice if is_sentence else f"{file.file} {file.notice}.")
        for title, filled in file.unknown_columns.items():
            column = f"column {quoted(title)} of {file.file}"
            out.say(f"Nobody knows {column}: its {filled} filled cells are kept.")
    for rule in result.idle_rules:
        out.say(IDLE.format(rule=rule), style="yellow")
    for held_against, number in result.older_snapshots.items():
        out.say(f"{number} older snapshots were compared with {held_against}.")
    for kind, count in sorted(Counter(item.kind for item in result.differences).items()):
        out.say(f"{count} cells are {kind}.")
    worst = sorted(result.differences, key=lambda item: item.kind not in FAULTS)
    for item in worst[:SHOWN]:
        out.say(_text(item), lead="  ")
    if len(worst) > SHOWN:
        more = len(worst) - SHOWN
        out.say(f"and {more} more: --differences FILE.csv has them all", lead="  ")
    if result.complete:
        out.say("Every row is accounted for and no cell is lost.")


def _text(item: Difference) -> str:
    what = f"{item.kind}: {item.file}, line {item.line}, {item.column or 'the row'}"
    return f"{what}: {item.source_value[:80]!r} is {item.table_value[:80]!r} ({item.reason})"


def _refusal(result: Reconciliation) -> str:
    opened = [file.file for file in result.files if not file.closed or file.proof == NONE]
    kinds = Counter(item.kind for item in result.differences)
    sums = f"the sums of {', '.join(opened)} do not close" if opened else "every sum closes"
    return (
        f"The tables are not complete: {kinds[LOST]} cells are lost, {kinds[WRONG]} are wrong, "
        f"{sums}. See the differences, keep the source files and report this."
    )
