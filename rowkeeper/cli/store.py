"""``rowkeeper store``: what is in the archive, taken over where it is and moved to other keys."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click
from rich.filesize import decimal

from rowkeeper.archive.relayout import MovedObjects
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
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import require_people, select


@click.group()
def command() -> None:
    """Take over what the old system stored, and give the archive other keys."""


@command.command("adopt")
@click.option("--hash", "hashing", is_flag=True, help="Read each whole, and take it over for good.")
@click.option("--dry-run", is_flag=True, help="Only look and say; nothing is written down.")
@people_option
@json_option("What was done")
@store_option
@quiet_option
@warehouse_options
def adopt_command(
    hashing: bool,
    dry_run: bool,
    people: str | None,
    as_json: bool,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Take over the old system's objects where they are; nothing is uploaded.

    Each object of s3_paths that nobody else claims is asked for: within the bucket of --store,
    whatever its prefix. One that is there gets an address; with --hash, or where its file is here
    to compare, it is verified, so that nothing is fetched or sent for it and verify covers it. What
    is missing or does not fit is said, and fetched by the next run.
    """
    from rowkeeper.archive.adopt import adopt_objects

    context = prepare(target, data_dir=data_dir, store=store)
    out, selection = console(stderr=as_json), select(people=people)
    with run_lock(context):
        require_people(context, selection)
        done = adopt_objects(context, out, selection, hashing, dry_run)
    if as_json:
        say_json(asdict(done))
        return
    said = [f"{done.adopted} adopted with a hash, {done.found} found, {done.refuted} refuted."]
    if done.unread:
        said.append(f"{done.unread} could not be read: adopt again later.")
    if done.found:
        said.append("Those found are unchecked: --hash reads them.")
    if dry_run:
        said.append("Nothing was written down.")
    out.say(" ".join(said))


@command.command("move")
@click.option("--to", "layout", metavar="LAYOUT", required=True, help="As store.layout.")
@click.option("--dry-run", is_flag=True, help="Only print the plan.")
@people_option
@click.option("--remove-old", is_flag=True, help="Then delete the objects that no asset has.")
@json_option("The plan, or what was done,")
@store_option
@quiet_option
@warehouse_options
def move_command(
    layout: str,
    dry_run: bool,
    people: str | None,
    remove_old: bool,
    as_json: bool,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Give the archive the keys of LAYOUT: asset_id, row_name, uuid, kind or a template.

    Objects are copied within the store, each copy is held to its SHA-256, then the tables say the
    new key. Interrupted, the next call goes on. The old objects stay until --remove-old, which also
    takes those of earlier moves.
    """
    from rowkeeper.archive import relayout
    from uploaders.layout import checked_layout

    template = checked_layout(layout)
    context = prepare(target, data_dir=data_dir, store=store)
    out, selection = console(stderr=as_json), select(people=people)
    with run_lock(context):
        require_people(context, selection)
        done = relayout.move_objects(context, out, selection, template, dry_run)
        if remove_old and not dry_run:
            done.removed = relayout.remove_old(context, out, selection)
    if as_json:
        say_json(move_record(done))
    else:
        for line in said(context, done, template, dry_run):
            out.say(line)
    if done.failures:
        raise FixityError(
            f"{len(done.failures)} objects were not moved, see above: rowkeeper verify, then again."
        )


UNHASHED = "select count(*) from {state}.asset_states where archived_by = 'legacy'"


def move_record(done: MovedObjects) -> dict[str, Any]:
    """``done`` as JSON has it."""
    planned = [
        {
            "from": move.source,
            "to": move.target,
            "size_bytes": move.content.size_bytes,
            "assets": len(move.pointers),
        }
        for move in done.planned
    ]
    return {**vars(done), "planned": planned}


def said(context: Context, done: MovedObjects, template: str, dry_run: bool) -> Iterator[str]:
    """What was done or would be, a line each."""
    from uploaders.layout import checked_layout

    if dry_run:
        for move in done.planned:
            facts = f"{decimal(move.content.size_bytes)}, assets: {len(move.pointers)}"
            yield f"{move.source} -> {move.target} ({facts})"
        size = decimal(sum(move.content.size_bytes for move in done.planned))
        yield f"{len(done.planned)} objects ({size}) would be moved. Nothing was written."
        return
    size = decimal(done.size_bytes)
    yield f"Moved {done.moved} objects ({size}), removed {done.removed} old ones."
    if done.moved and not done.removed:
        yield "The old objects stay: --remove-old deletes those that no asset has any more."
    if checked_layout(context.settings.store.layout) != template:
        yield f"New objects get other keys still: set store.layout = {template}"
    with connect(context.target, read_only=True) as warehouse:
        (unhashed,) = warehouse.column(UNHASHED)
    if unhashed:
        yield f"{unhashed} objects of the old system stay: rowkeeper store adopt --hash."
