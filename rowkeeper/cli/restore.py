"""``rowkeeper restore``: a person's or everybody's archive as files, each held to its SHA-256."""

from dataclasses import asdict
from pathlib import Path

import click

from rowkeeper.cli.locks import run_lock, tables_lock
from rowkeeper.cli.options import Context, prepare, store_option, warehouse_options
from rowkeeper.cli.retrieval import INDEX, Retrieved, retrieve
from rowkeeper.cli.selection import require_people, select
from rowkeeper.cli.terminal import console, json_text, plain
from rowkeeper.errors import FixityError

SHOWN = 20


@click.command()
@click.option("--to", "folder", metavar="DIR", required=True, help="Where the files go.")
@click.option("--people", metavar="ROWS", help="Only these row ids, such as 12,40-60.")
@click.option("--json", "as_json", is_flag=True, help="What was done as one JSON object.")
@store_option
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
    warehouse is filled from the journal first.
    """
    context = prepare(target, data_dir=data_dir, store=store)
    out = console(stderr=as_json)
    fill_tables(context)
    place = Path(folder).expanduser().absolute()
    selection = select(people=people)
    require_people(context, selection)
    done = retrieve(context, out, selection, place)
    if as_json:
        click.echo(json_text(asdict(done)))
    else:
        out.print(plain(f"{said(done)} See {place / INDEX}."), markup=False, soft_wrap=True)
    complain(done)


def fill_tables(context: Context) -> None:
    """Bring the tables up to what the journal of the data folder says."""
    from loaders.matches import link_matches
    from loaders.pipeline import refill
    from rowkeeper.cli.build import build
    from rowkeeper.cli.catalog import publish
    from rowkeeper.drain import drain
    from rowkeeper.journal import journal_dir

    with run_lock(context):
        drain(journal_dir(context.settings.data_dir), context.target)
        with tables_lock(context):
            refill(context.settings, context.target)
            build(context)
            if link_matches(context.settings.data_dir, context.target):
                build(context)
        publish(context)


def said(done: Retrieved) -> str:
    """What was brought back, in a few sentences."""
    from rich.filesize import decimal

    words = [f"Brought back {done.restored} files ({decimal(done.size_bytes)})."]
    if done.present:
        words.append(f"{done.present} were there already.")
    if done.unarchived:
        words.append(f"{done.unarchived} assets have no archived bytes yet: see rowkeeper status.")
    return " ".join(words)


def complain(done: Retrieved) -> None:
    """Raises ``FixityError`` if something could not be brought back."""
    if not done.failures:
        return
    listed = [f"{path}: {why}" for path, why in sorted(done.failures.items())[:SHOWN]]
    more = len(done.failures) - len(listed)
    listed += [f"and {more} more"] if more else []
    raise FixityError(f"{len(done.failures)} files could not be brought back: {'; '.join(listed)}.")
