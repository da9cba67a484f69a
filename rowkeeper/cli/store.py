"""``rowkeeper store``: what is in the archive, taken over where it is and moved to other keys."""

import click

from rowkeeper.cli.locks import run_lock
from rowkeeper.cli.options import prepare, store_option, warehouse_options
from rowkeeper.cli.selection import select
from rowkeeper.cli.terminal import console


@click.group()
def command() -> None:
    """Take over what the old system stored, and give the archive other keys."""


@command.command("adopt")
@click.option("--hash", "hashing", is_flag=True, help="Read each whole, and take it over for good.")
@click.option("--dry-run", is_flag=True, help="Only look and say; nothing is written down.")
@click.option("--people", metavar="ROWS", help="Only these row ids, such as 12,40-60.")
@store_option
@warehouse_options
def adopt_command(
    hashing: bool,
    dry_run: bool,
    people: str | None,
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
    from rowkeeper.cli.adoption import adopt_objects

    context = prepare(target, data_dir=data_dir, store=store)
    out = console()
    with run_lock(context):
        done = adopt_objects(context, out, select(people=people), hashing, dry_run)
    said = [f"{done.adopted} adopted with a hash, {done.found} found, {done.refuted} refuted."]
    if done.unread:
        said.append(f"{done.unread} could not be read: adopt again later.")
    if done.found:
        said.append("Those found are unchecked: --hash reads them.")
    if dry_run:
        said.append("Nothing was written down.")
    out.print(" ".join(said), soft_wrap=True)
