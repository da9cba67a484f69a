"""``rowkeeper rebuild``: the warehouse again, from the journal and the kept loads."""

from dataclasses import asdict

import click

from rowkeeper.archive.rebuild import rebuild
from rowkeeper.cli.options import json_option, prepare, quiet_option, warehouse_options
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.workspace.locks import run_lock


@click.command()
@json_option("What was done")
@quiet_option
@warehouse_options
def command(as_json: bool, target: str | None, data_dir: str | None) -> None:
    """Make the warehouse again from the journal and the kept loads; no source is read.

    On DuckDB the file that is there, damaged or not, is set aside as FILE.before-rebuild and a new
    one made. On Postgres everything is loaded again into the tables that are there, which changes
    nothing that is right. Nothing is fetched; a damaged journal is refused (rowkeeper journal
    salvage).
    """
    context = prepare(target, data_dir=data_dir)
    out = console(stderr=as_json)
    with run_lock(context):
        done = rebuild(context)
    if as_json:
        say_json(asdict(done))
        return
    filled = done.filled
    made_of = f"{filled.events} events and {filled.loads} kept loads"
    for words in (f"Rebuilt {context.target.where} from {made_of}.", *filled.said):
        out.say(words)
    if done.aside:
        words = f"What was there before is {done.aside}: remove it once all is well."
        out.say(words)
