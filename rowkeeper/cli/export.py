"""``rowkeeper export``: the legacy CSV of any generation, its copy beside each run, and a bag."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rowkeeper.cli import bag
from rowkeeper.cli.options import prepare, warehouse_options
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.errors import LossError, UsageError, WarehouseError
from rowkeeper.core.files import write_keeping, write_whole
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.migration.export.table import Export
from rowkeeper.migration.export.table import export as put_together
from rowkeeper.migration.export.warehouse import (
    Coverage,
    LegacyFile,
    read_base,
    read_coverage,
    read_files,
    read_known,
    read_people,
)
from rowkeeper.migration.losses import Comparison, compare, refusal
from rowkeeper.workspace.context import Context

DUAL_WRITE_GENERATION = 21


@dataclass(frozen=True)
class Exported:
    """A file for the old system, the loaded file that it is made from (None for a fresh one), and
    its columns."""

    export: Export
    base: LegacyFile | None
    columns: tuple[str, ...]


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
        click.echo(made.export.data, nl=False)
    else:
        write_whole(Path(output).expanduser(), made.export.data)
    click.echo(describe(made, output), err=True)


def export_csv(
    context: Context,
    generation: int | None = None,
    wanted: str | None = None,
    safe: bool = False,
    whole: bool = False,
) -> Exported:
    """The legacy CSV of a generation, from ``wanted`` (a file's name or SHA-256) if given.

    With ``whole`` it is the way back: everybody and all that the loaded files know. Raises
    ``UsageError`` if there is no such file, ``WarehouseError`` if nothing is built yet.
    """
    with connect(context.target, read_only=True) as warehouse:
        require_built(context, warehouse)
        coverage = read_coverage(warehouse)
        file = _choose(read_files(warehouse), coverage, generation, wanted)
        if whole and wanted and file and file.file_sha256 not in coverage:
            raise UsageError(
                f"No row of {file.file_name} is of anybody in the tables, so nothing starts from "
                "it: choose another --base, or leave it out."
            )
        number = file.generation if file else generation or DUAL_WRITE_GENERATION
        base = read_base(warehouse, file, number, context.settings.legacy_csv.columns)
        people = read_people(warehouse, context.target.schema)
        known = read_known(warehouse, coverage) if whole else None
    made = put_together(base, people, safe=safe, fresh=file is None, known=known)
    return Exported(made, file, base.columns)


def dual_write(context: Context) -> Path | None:
    """Write the newest generation beside a run, if ``legacy_csv.dual_write`` is on; where.

    The file is replaced whole and its earlier contents are kept. Raises ``LossError`` if it, or any
    loaded file, has what the new one would lack, unless ``legacy_csv.accept_losses`` is on; other
    ``RowkeeperError``.
    """
    settings = context.settings.legacy_csv
    if not settings.dual_write:
        return None
    path = dual_write_path(context)
    made = export_csv(context, DUAL_WRITE_GENERATION, whole=True)
    if not settings.accept_losses and (losses := find_losses(context, made, path).losses):
        raise LossError(refusal(path, losses))
    write_keeping(path, made.export.data, settings.dual_write_keep)
    return path


def find_losses(context: Context, made: Exported, path: Path) -> Comparison:
    """What ``path`` would lose if ``made`` were written to it. Raises ``UsageError``."""
    return compare(context, made.export.data, path, made.base.file_sha256 if made.base else "")


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
    files: list[LegacyFile],
    coverage: Mapping[str, Coverage],
    generation: int | None,
    wanted: str | None,
) -> LegacyFile | None:
    """The file of a generation that covers most, or the one that is wanted. A file without a usable
    row is never chosen, and no clock says which is."""
    if wanted is None:
        number = generation or DUAL_WRITE_GENERATION
        usable = [f for f in files if f.generation == number and f.file_sha256 in coverage]
        return max(usable, key=lambda f: _order(coverage[f.file_sha256], f), default=None)
    found = [f for f in files if f.file_name == wanted or f.file_sha256.startswith(wanted.lower())]
    right = [file for file in found if generation in (None, file.generation)]
    if right:
        return max(right, key=lambda f: _order(coverage.get(f.file_sha256), f))
    if found:
        raise UsageError(
            f"The file {wanted} is of generation {found[0].generation}, not {generation}: leave "
            "one of the file and --generation out."
        )
    known = ", ".join(dict.fromkeys(file.file_name for file in files)) or "none"
    raise UsageError(f"No loaded legacy file is {wanted}: choose one of {known}.")


def _order(coverage: Coverage | None, file: LegacyFile) -> tuple[tuple[int, ...], str]:
    return coverage.order if coverage else (), file.file_sha256
