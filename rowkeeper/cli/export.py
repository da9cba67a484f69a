"""``rowkeeper export``: the legacy CSV of any generation, its copy beside each run, and a bag."""

from pathlib import Path

import click

from rowkeeper.cli import bag
from rowkeeper.cli.options import prepare, warehouse_options
from rowkeeper.cli.terminal import hand_over
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.files import write_whole
from rowkeeper.core.said import tell
from rowkeeper.migration.export.export import Exported, export_csv


@click.group()
def command() -> None:
    """Write what the warehouse has in another form."""


command.add_command(bag.command)


@command.command("csv")
@click.option(
    "--generation",
    type=click.Choice([str(number) for number in GENERATIONS]),
    help="Its number of columns; that of --file, else 21.",
)
@click.option(
    "--file", "--like", "wanted", metavar="NAME", help="A loaded file: its name or its SHA-256."
)
@click.option("--output", metavar="FILE", help="Where to write; the terminal without it.")
@click.option("--safe", is_flag=True, help="Guard cells that a spreadsheet would run as formulas.")
@warehouse_options
def csv_command(
    generation: str | None,
    wanted: str | None,
    output: str | None,
    safe: bool,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Write the legacy CSV of a generation from the warehouse.

    It starts from the loaded file of that generation that has most people and objects: a row that
    nothing has changed since comes out byte for byte. What changed in the sheet or in an asset's
    state shows it, and people of the sheet who have no row are appended. Loading the file again
    changes nothing.
    """
    context = prepare(target, data_dir=data_dir)
    made = export_csv(context, int(generation) if generation else None, wanted, safe)
    if output is None:
        hand_over(made.export.data)
    else:
        write_whole(Path(output).expanduser(), made.export.data)
    tell(describe(made, output))


def describe(made: Exported, output: str | None) -> str:
    """What was written, in a sentence."""
    export, base = made.export, made.base
    origin = f"from {base.file_name} ({base.file_sha256[:12]})" if base else "from the tables"
    said = (
        f"Wrote {output or 'the CSV'} {origin}: {export.unchanged} rows as they were, "
        f"{export.changed} changed, {export.appended} appended."
    )
    if base and export.encoding != base.encoding:
        said += f" It is {export.encoding}: {base.encoding} can't hold what changed."
    return said
