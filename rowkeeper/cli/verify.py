"""``rowkeeper verify``: read what is stored again and hold it to its recorded SHA-256."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.filesize import decimal

from rowkeeper.archive.fixity import FILE, OBJECT
from rowkeeper.archive.verify import Choice, Dangling, Verified, verify
from rowkeeper.cli.options import (
    json_option,
    people_option,
    prepare,
    quiet_option,
    store_option,
    warehouse_options,
)
from rowkeeper.cli.terminal import Terminal, console, say_json
from rowkeeper.core.errors import FixityError, NothingError, StoreError
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import require_people, select

if TYPE_CHECKING:
    pass

SHOWN = 20


@click.command()
@click.option("--sample", metavar="N", help="Only so many places, or a share such as 10%.")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="Not checked since.")
@people_option
@click.option("--only", type=click.Choice(["files", "objects"]), help="Only these places.")
@click.option("--believe-empty", is_flag=True, help="Take an empty store for one that lost all.")
@json_option("What was found")
@store_option
@quiet_option
@warehouse_options
def command(
    sample: str | None,
    older_than: float | None,
    people: str | None,
    only: str | None,
    believe_empty: bool,
    as_json: bool,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Read files and objects of every version again and hold them to their SHA-256.

    What is missing, truncated, changed or swapped is written down; the next run brings files back
    from the archive, archives files again and fetches what is in neither place. Files and objects
    that no asset has are listed, never removed.
    """
    context = prepare(target, data_dir=data_dir, store=store)
    out = console(stderr=as_json)
    with run_lock(context):
        require_people(context, select(people=people))
        verified = verify(context, out, Choice(sample, older_than, people, only, believe_empty))
    if as_json:
        say_json({**asdict(verified), "sound": verified.sound})
    else:
        _print(out, verified)
    if verified.dangling or verified.report.unread:
        raise FixityError(_sentence(verified))
    if verified.closed:
        raise StoreError(
            f"Objects of assets are in {' and '.join(verified.closed)}, which is not open, and "
            "were not looked at: verify again with --store for each; what was moved is recognized."
        )
    if not verified.sound:
        raise NothingError(
            "Nothing was read: no file and no object is archived, or none of them was asked for."
        )


def _sentence(verified: Verified) -> str:
    lost, unread = len(verified.dangling), len(verified.report.unread)
    said = [f"{lost} copies are lost: see what becomes of each above and in the table fixity"]
    if unread:
        said.append(f"{unread} places could not be read: verify again later")
    return "; ".join(said if lost else said[1:]) + "."


def _print(out: Terminal, verified: Verified) -> None:
    report = verified.report
    read = f"{report.places[FILE]} files and {report.places[OBJECT]} objects"
    lines = [f"Read {read} ({decimal(report.size_bytes)}): {len(report.losses)} copies are lost."]
    lines += _listed(
        [
            f"Lost {item.place}: {item.path} ({_what(item)} of row {item.row_id}, "
            f"{item.error_code}): {item.next_step}"
            for item in verified.dangling
        ]
    )
    lines += _listed([f"Not read: {place}: {why}" for place, why in sorted(report.unread.items())])
    lines += _listed(
        [
            f"Orphaned {item.place}: {item.path} ({decimal(item.size_bytes)}): {item.reason}: "
            f"{item.next_step}"
            for item in verified.orphans
        ]
    )
    for name, count in sorted(verified.elsewhere.items()):
        lines.append(f"Not looked at: {count} copies in {name}.")
    if verified.unhashed:
        many = f"{verified.unhashed} objects of the old system, without a hash"
        lines.append(f"Not looked at: {many}: rowkeeper store adopt --hash.")
    for line in lines:
        out.say(line)


def _what(item: Dangling) -> str:
    return item.asset_kind if item.is_current else f"version {item.version} of a {item.asset_kind}"


def _listed(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"and {more} more: --json has them all"]
