"""``rowkeeper export``: the legacy CSV of any generation, its copy beside each run, and a bag."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rowkeeper.cli import bag
from rowkeeper.cli.options import Context, prepare, warehouse_options
from rowkeeper.errors import UsageError, WarehouseError
from rowkeeper.export.files import write_keeping, write_whole
from rowkeeper.export.table import Export
from rowkeeper.export.table import export as put_together
from rowkeeper.export.warehouse import LegacyFile, read_base, read_files, read_people
from rowkeeper.legacy_csv import GENERATIONS
from rowkeeper.warehouse import Warehouse, connect

DUAL_WRITE_GENERATION = 21


@dataclass(frozen=True)
class Exported:
    """A file for the old system and the loaded file that it is made from, None for a fresh one."""

    export: Export
    base: LegacyFile | None


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
@click.option("--file", "wanted", metavar="NAME", help="A loaded file: its name or its SHA-256.")
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

    It starts from the newest loaded file of that generation: a row that nothing has changed since
    comes out byte for byte. What changed in the sheet or in an asset's state shows it, and people
    of the sheet who have no row are appended. Loading the file again changes nothing.
    """
    context = prepare(target, data_dir=data_dir)
    made = export_csv(context, int(generation) if generation else None, wanted, safe)
    if output is None:
        click.echo(made.export.data, nl=False)
    else:
        write_whole(Path(output).expanduser(), made.export.data)
    click.echo(describe(made, output), err=True)


def export_csv(
    context: Context, generation: int | None = None, wanted: str | None = None, safe: bool = False
) -> Exported:
    """The legacy CSV of a generation, from ``wanted`` (a file's name or SHA-256) if given.

    Raises ``UsageError`` if there is no such file, ``WarehouseError`` if nothing is built yet.
    """
    with connect(context.target, read_only=True) as warehouse:
        require_built(context, warehouse)
        file = _choose(read_files(warehouse), generation, wanted)
        number = file.generation if file else generation or DUAL_WRITE_GENERATION
        base = read_base(warehouse, file, number, context.settings.legacy_csv.columns)
        people = read_people(warehouse, context.target.schema)
    return Exported(put_together(base, people, safe=safe, fresh=file is None), file)


def dual_write(context: Context) -> Path | None:
    """Write the newest generation beside a run, if ``legacy_csv.dual_write`` is on; where.

    The file is replaced whole and its earlier contents are kept. Raises ``RowkeeperError``.
    """
    settings = context.settings.legacy_csv
    if not settings.dual_write:
        return None
    path = dual_write_path(context)
    data = export_csv(context, DUAL_WRITE_GENERATION).export.data
    write_keeping(path, data, settings.dual_write_keep)
    return path


def dual_write_path(context: Context) -> Path:
    """Where the CSV beside each run is."""
    given = context.settings.legacy_csv.dual_write_path
    path = given or context.settings.data_dir / "legacy" / "output.csv"
    return path.expanduser().absolute()


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


def require_built(context: Context, warehouse: Warehouse) -> None:
    """Raises ``WarehouseError`` where no run has built the tables."""
    sql = "select count(*) from information_schema.tables where table_schema = ? and table_name = ?"
    wanted: list[tuple[Any, ...]] = [
        ("raw", "legacy_csv_rows"),
        ("intermediate", "int_source_rows"),
        (context.target.schema, "person_content"),
    ]
    if not all(warehouse.query(sql, names)[0][0] for names in wanted):
        target = context.target
        raise WarehouseError(
            f"There is nothing in {target.where} yet: run rowkeeper run --target {target.name}."
        )


def _choose(
    files: list[LegacyFile], generation: int | None, wanted: str | None
) -> LegacyFile | None:
    """The newest file of a generation, or the one that is wanted. ``files`` is newest first."""
    if wanted is None:
        number = generation or DUAL_WRITE_GENERATION
        return next((file for file in files if file.generation == number), None)
    found = [f for f in files if f.file_name == wanted or f.file_sha256.startswith(wanted.lower())]
    right = [file for file in found if generation in (None, file.generation)]
    if right:
        return right[0]
    if found:
        raise UsageError(
            f"The file {wanted} is of generation {found[0].generation}, not {generation}: leave "
            "one of --file and --generation out."
        )
    known = ", ".join(dict.fromkeys(file.file_name for file in files)) or "none"
    raise UsageError(f"No loaded legacy file is {wanted}: choose one of {known}.")
