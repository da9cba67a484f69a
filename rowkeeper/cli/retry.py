"""``rowkeeper retry``: what failed is asked for again, whatever its verdict, and fetched."""

from collections.abc import Sequence
from dataclasses import asdict

import click

from rowkeeper.cli.options import (
    json_lines_option,
    people_option,
    prepare,
    quiet_option,
    warehouse_options,
)
from rowkeeper.cli.run import show
from rowkeeper.cli.terminal import EventTerminal, Terminal, console
from rowkeeper.core.identity import row_id_key
from rowkeeper.run.retry import Failure, ask_again, find
from rowkeeper.run.round import move, told_to_readers
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import Selection, require_people, select


@click.command()
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    metavar="CODE",
    help="Only what failed so: an error code or a verdict; repeat.",
)
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Only theirs; repeat.")
@people_option
@click.option("--dry-run", is_flag=True, help="Say what it would try again; write nothing.")
@json_lines_option
@quiet_option
@warehouse_options
def command(
    reasons: tuple[str, ...],
    providers: tuple[str, ...],
    people: str | None,
    dry_run: bool,
    as_json: bool,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Try again now what failed, and fetch whatever else those people lack.

    Without --reason everything but what is gone for good; with --reason permanent, or a code such
    as private, that too. A site that wanted a pause is asked again at once.
    """
    context = prepare(target, data_dir=data_dir)
    out = EventTerminal() if as_json else console()
    with run_lock(context):
        selection = select(people=people)
        require_people(context, selection)
        failures = find(context, reasons, providers, selection)
        if isinstance(out, EventTerminal):
            out.event("failures", failures=[asdict(failure) for failure in failures])
        if not failures or dry_run:
            say(failures, out, "would be tried again" if dry_run else "to try again")
            return
        say(failures, out, "tried again")
        with told_to_readers(context, out) as log:
            ask_again(context, failures)
            row_ids = frozenset(row_id_key(failure.row_id) for failure in failures)
            done = move(context, out, Selection(row_ids=row_ids), log)
            if refusal := show(context, out, done):
                raise refusal


def say(failures: Sequence[Failure], out: Terminal, words: str) -> None:
    """The failures by their reason, in one line each."""
    counts: dict[tuple[str, str, str], int] = {}
    for item in failures:
        key = item.stage, item.provider, item.error_code
        counts[key] = counts.get(key, 0) + 1
    out.say(f"{len(failures)} failures {words}.")
    for (stage, provider, code), count in sorted(counts.items()):
        out.say(f"{count} {stage}s from {provider}: {code}", lead="  ")
