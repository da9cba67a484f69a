"""``rowkeeper read-words``: what is said and written in the archive becomes ``passages``."""

from dataclasses import asdict

import click

from rowkeeper.cli.options import (
    json_option,
    prepare,
    quiet_option,
    store_option,
    warehouse_options,
)
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.workspace.locks import run_lock


@click.command()
@json_option("What was read")
@store_option
@quiet_option
@warehouse_options
def command(as_json: bool, store: str | None, target: str | None, data_dir: str | None) -> None:
    """Read the transcripts and documents that were archived, so that they can be searched.

    Each run does it for what is new. This is for archives from before there were passages: files
    are read here, or in the store where they are no longer here. What was read is not read again.
    """
    from rowkeeper.archive.words import read_words
    from rowkeeper.catalogue.publish import publish
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.workspace.build import refresh
    from rowkeeper.workspace.locks import tables_lock

    context = prepare(target, data_dir=data_dir, store=store)
    out = console(stderr=as_json)
    with run_lock(context):
        drain(journal_dir(context.settings.data_dir), context.target)
        with tables_lock(context):
            refresh(context, out.say)
        done = read_words(context, out)
        publish(context)
    if as_json:
        say_json(asdict(done))
        return
    out.say(
        f"Read {done.read} texts, {done.passages} passages in them; brought {done.brought_back} "
        f"back from the journal; {done.unreadable} have no words, {done.missing} are not there."
    )
