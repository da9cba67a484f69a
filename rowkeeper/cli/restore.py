"""``rowkeeper restore``: a person's or everybody's archive as files, each held to its SHA-256."""

from dataclasses import asdict
from pathlib import Path

import click

from rowkeeper.archive.restore import fill_tables
from rowkeeper.archive.retrieve import INDEX, Retrieved, retrieve
from rowkeeper.cli.options import (
    json_option,
    people_option,
    prepare,
    quiet_option,
    store_option,
    warehouse_options,
)
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.core.errors import FixityError
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.segments import Finding
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import require_people, select

SHOWN = 20


@click.command()
@click.option("--to", "folder", metavar="DIR", required=True, help="Where the files go.")
@people_option
@json_option("What was done")
@store_option
@quiet_option
@warehouse_options
def command(
    folder: str,
    people: str | None,
    as_json: bool,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Bring the archive back as files, each held to its SHA-256.

    Files have the paths below DIR that they had below the data folder, and restored.csv says whose
    each is. What is there already stays. It needs the store and the journal, nothing else: an empty
    warehouse is filled from the journal first. Of a damaged journal it takes every whole event, and
    ends with 11 where what it should bring back may be among the others.
    """
    context = prepare(target, data_dir=data_dir, store=store)
    out = console(stderr=as_json)
    damage: list[Finding] = []
    with run_lock(context):
        filled = fill_tables(context, damage)
    for words in filled.said:
        out.say(words)
    for finding in damage:
        out.say(f"The journal is damaged: {finding}")
    place = Path(folder).expanduser().absolute()
    selection = select(people=people)
    require_people(context, selection)
    done = retrieve(context, out, selection, place)
    if as_json:
        say_json(asdict(done))
    else:
        out.say(f"{said(done)} See {place / INDEX}.")
    complain(done)
    complain_of_journal(context, done, damage)


def said(done: Retrieved) -> str:
    """What was brought back, in a few sentences."""
    from rich.filesize import decimal

    words = [f"Brought back {done.restored} files ({decimal(done.size_bytes)})."]
    if done.present:
        words.append(f"{done.present} were there already.")
    if done.unarchived:
        words.append(f"{done.unarchived} assets have no archived bytes yet: see rowkeeper status.")
    if done.lost_versions:
        words.append(f"{done.lost_versions} older versions are lost: see rowkeeper verify.")
    return " ".join(words)


def complain(done: Retrieved) -> None:
    """Raises ``FixityError`` if something could not be brought back."""
    if not done.failures:
        return
    listed = [f"{path}: {why}" for path, why in sorted(done.failures.items())[:SHOWN]]
    more = len(done.failures) - len(listed)
    listed += [f"and {more} more"] if more else []
    raise FixityError(f"{len(done.failures)} files could not be brought back: {'; '.join(listed)}.")


def complain_of_journal(context: Context, done: Retrieved, damage: list[Finding]) -> None:
    """Raises ``FixityError`` if nothing came back, or the damage may be why something did not.

    Of events that are gone and name no asset nobody knows what they were about.
    """
    came, damaged = done.restored + done.present, len(damage)
    folder = journal_dir(context.settings.data_dir)
    gone = [item for item in damage if item.lost and not item.asset_ids]
    if gone and not done.unarchived:
        raise FixityError(
            f"{gone[0]}: assets may be among that which nothing here knows of; a backup of the "
            f"journal in {folder}, or the sync service that keeps it elsewhere, may have it."
        )
    if not done.unarchived or (came and not damaged):
        return
    if damaged:
        raise FixityError(
            f"The journal in {folder} is damaged in {damaged} places, and {done.unarchived} assets "
            "have no archived bytes in it: rowkeeper journal check says what is damaged; a backup "
            "of the journal may have the rest."
        )
    raise FixityError(
        f"Nothing came back: the tables know {done.unarchived} assets, and the journal in {folder} "
        "has the archived bytes of none. If they were archived, the journal is older than that: "
        "restore it from a newer backup, then run again."
    )
