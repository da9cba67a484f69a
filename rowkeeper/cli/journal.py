"""``rowkeeper journal``: is the journal as it was written, and what to do where it is not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rowkeeper.cli.options import json_option, prepare, warehouse_options
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.core.errors import JournalDamagedError, WarehouseError
from rowkeeper.core.journal.formats import format_findings
from rowkeeper.core.journal.journal import journal_dir, sealed_segments
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.said import tell
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.data_folder import strangers_said
from rowkeeper.workspace.locks import run_lock

if TYPE_CHECKING:
    from rowkeeper.core.journal.salvage import Salvaged

SHOWN = 50


@click.group()
def command() -> None:
    """Check the journal, on which every rebuild rests, and salvage a damaged one."""


@command.command("check")
@json_option("All of it")
@warehouse_options
def check_command(as_json: bool, target: str | None, data_dir: str | None) -> None:
    """Read the whole journal and hold every line, segment and kept load to what was written.

    Nothing is written. Ends with 3 if anything is damaged or missing.
    """
    context = prepare(target, data_dir=data_dir, any_format=True)
    folder, damage = journal_dir(context.settings.data_dir), findings(context)
    segments = len(sealed_segments(folder))
    if as_json:
        record = {"segments": segments, "findings": [as_record(item) for item in damage]}
        say_json(record)
    else:
        say(damage)
        if left_alone := strangers_said(context):
            console().say(left_alone)
        console().say(f"{segments} segments in {folder}, {len(damage)} findings.")
    if damage:
        raise JournalDamagedError(
            f"The journal in {folder} is not as it was written: rowkeeper journal salvage keeps "
            "every whole event and sets the rest aside."
        )


@command.command("salvage")
@json_option("What was done")
@warehouse_options
def salvage_command(as_json: bool, target: str | None, data_dir: str | None) -> None:
    """Keep every whole event of a damaged journal, set the rest aside, say what to verify again.

    What the warehouse still has of missing events is written back into the journal. Damaged files
    go to journal/aside; nothing is deleted.
    """
    from rowkeeper.archive.salvage import from_warehouse
    from rowkeeper.core.journal.salvage import salvage

    context = prepare(target, data_dir=data_dir, any_format=True)
    folder = journal_dir(context.settings.data_dir)
    with run_lock(context):
        done = salvage(folder)
        unread = None
        try:
            done.brought_back = from_warehouse(context, done)
        except WarehouseError as error:
            unread = str(error)
    if as_json:
        say_json(_salvage_record(done, unread))
        return
    out = console()
    say(done.findings)
    for path in done.set_aside:
        out.say(f"Set aside: {path}")
    if not done.findings and not done.brought_back:
        out.say("The journal is whole: nothing to salvage.")
        return
    out.say(
        f"Kept {done.kept} whole events of damaged segments, brought {done.brought_back} back "
        "from the warehouse."
    )
    if unread:
        out.say(f"Nothing could be brought back from the warehouse: {unread}")
    out.say(next_steps(done))


def _salvage_record(done: "Salvaged", unread: str | None) -> dict[str, Any]:
    """``unread``: why the warehouse could bring nothing back."""
    return {
        "kept": done.kept,
        "brought_back": done.brought_back,
        "lost": done.lost,
        "set_aside": [str(path) for path in done.set_aside],
        "verify_row_ids": sorted(done.row_ids),
        "verify_asset_ids": sorted(done.asset_ids),
        "verify_everything": bool(done.lost) and not done.is_certain,
        "findings": [as_record(item) for item in done.findings],
        "warehouse": unread,
    }


def next_steps(done: "Salvaged") -> str:
    """What to run after a salvage."""
    if not done.lost:
        return "No event was lost: nothing is to be verified again."
    lost = f"{done.lost} events were lost."
    rows = sorted(done.row_ids)
    if not done.is_certain or not rows:
        return f"{lost} Verify everything again: rowkeeper run, then rowkeeper verify."
    return (
        f"{lost} Verify again what people {', '.join(rows)} have: rowkeeper run, then "
        f"rowkeeper verify --people {','.join(rows)}."
    )


def say(findings: Sequence[Finding]) -> None:
    """A line for each finding."""
    out = console()
    for finding in findings[:SHOWN]:
        whom = ", ".join(sorted(finding.row_ids))
        out.say(f"{finding}{f' (row {whom})' if whom else ''}")
    if len(findings) > SHOWN:
        out.say(f"and {len(findings) - SHOWN} more: --json has them all")


def as_record(finding: Finding) -> dict[str, Any]:
    return {
        "file": str(finding.path),
        "line": finding.line,
        "words": finding.words,
        "row_ids": sorted(finding.row_ids),
        "asset_ids": sorted(finding.asset_ids),
        "may_have_lost_events": finding.lost,
    }


def findings(context: Context) -> list[Finding]:
    """All that is not as it was written in the journal of ``context``. Raises
    ``NewerVersionError``."""
    from rowkeeper.core.journal.check import check

    folder = journal_dir(context.settings.data_dir)
    return [*format_findings(folder), *check(folder), *_by_warehouse(context)]


def _by_warehouse(context: Context) -> list[Finding]:
    """The segments that the warehouse has and the journal has not, and what stops its builds, if it
    can be asked."""
    from rowkeeper.archive.clashes import clashes
    from rowkeeper.archive.salvage import missing_here

    try:
        return missing_here(context) + clashes(context)
    except WarehouseError as error:
        tell(f"The warehouse was not asked: {error}")
        return []
