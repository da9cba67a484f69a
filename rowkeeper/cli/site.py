"""``rowkeeper site``: the catalogue as pages, files alone."""

from dataclasses import asdict
from pathlib import Path

import click

from rowkeeper.cli.options import json_option, prepare, quiet_option, warehouse_options
from rowkeeper.cli.terminal import console, say_json


@click.command()
@click.option(
    "--to", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Another folder."
)
@json_option("What was written")
@quiet_option
@warehouse_options
def command(folder: Path | None, as_json: bool, target: str | None, data_dir: str | None) -> None:
    """Write the catalogue as pages that open from any disk or share, without a server.

    Only pages that changed are written. Each run that changed something does it, too, unless
    site.write is off. E-mail addresses are masked unless site.emails is on.
    """
    from rowkeeper.catalogue.site.write import write_site

    context = prepare(target, data_dir=data_dir)
    done = write_site(context, folder and folder.absolute())
    if as_json:
        say_json(asdict(done))
        return
    console().say(f"{done.folder / 'index.html'}: {done.files} files, {done.changed} changed.")
