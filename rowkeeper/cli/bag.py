"""``rowkeeper export bag``: the archive and the tables as one BagIt bag."""

from dataclasses import asdict
from pathlib import Path

import click

from rowkeeper.archive.bag import ARCHIVE, TABLES, info, payload_hashes, write_tables
from rowkeeper.archive.bag_files import PAYLOAD, begin, finish, payload_name
from rowkeeper.archive.restore import fill_tables
from rowkeeper.archive.retrieve import retrieve
from rowkeeper.cli.options import (
    json_option,
    people_option,
    prepare,
    quiet_option,
    store_option,
    warehouse_options,
)
from rowkeeper.cli.restore import complain, said
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import require_people, select


@click.command("bag")
@click.option("--to", "folder", metavar="DIR", required=True, help="A new or an empty folder.")
@people_option
@store_option
@json_option("What was written")
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
    """Write the archive and the tables as a BagIt bag, and validate it.

    It is made in DIR.unfinished and put at DIR when it is whole and valid; interrupted, the next
    call goes on from there. It needs the store and the journal, as rowkeeper restore.
    """
    context = prepare(target, data_dir=data_dir, store=store)
    out, place = console(stderr=as_json), Path(folder).expanduser().absolute()
    selection = select(people=people)
    with run_lock(context):
        filled = fill_tables(context)
    for words in filled.said:
        out.say(words)
    require_people(context, selection)
    work = begin(place)
    done = retrieve(context, out, selection, work / PAYLOAD / ARCHIVE, payload_name)
    complain(done)
    counts = write_tables(context, selection, work / PAYLOAD / TABLES)
    hashes = payload_hashes(work / PAYLOAD, done)
    finish(work, place, info(context, done, counts, people), hashes)
    if as_json:
        say_json({"bag": place, **asdict(done)})
        return
    words = f"{said(done)} The bag {place} is valid: {len(done.hashes)} files of the archive."
    out.say(words)
