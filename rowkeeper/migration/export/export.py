"""The legacy CSV of any generation, and its copy beside each run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.catalogue.built import require_built
from rowkeeper.core.errors import LossError, UsageError
from rowkeeper.core.files import write_keeping
from rowkeeper.core.warehouse import connect
from rowkeeper.migration.export.comparison import Comparison, compare, refusal
from rowkeeper.migration.export.table import Export
from rowkeeper.migration.export.table import export as put_together
from rowkeeper.migration.export.warehouse import (
    Coverage,
    LoadedFile,
    read_base,
    read_coverage,
    read_files,
    read_known,
    read_people,
)
from rowkeeper.workspace.context import Context

DUAL_WRITE_GENERATION = 21


@dataclass(frozen=True)
class Exported:
    """A file for the old system, the loaded file that it is made from (None for a fresh one), and
    its columns."""

    export: Export
    base: LoadedFile | None
    columns: tuple[str, ...]


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
        titles = context.settings.legacy_csv.columns
        known = read_known(warehouse, coverage, titles) if whole else None
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


def _choose(
    files: list[LoadedFile],
    coverage: Mapping[str, Coverage],
    generation: int | None,
    wanted: str | None,
) -> LoadedFile | None:
    """The file of a generation that covers most, or the one that is wanted. A file without a usable
    row is never chosen, and no clock says which is."""
    if wanted is None:
        number = generation or DUAL_WRITE_GENERATION
        usable = [f for f in files if f.generation == number and f.file_sha256 in coverage]
        return max(usable, key=lambda f: _order(coverage[f.file_sha256], f), default=None)
    matching = [
        f for f in files if f.file_name == wanted or f.file_sha256.startswith(wanted.lower())
    ]
    right = [file for file in matching if generation in (None, file.generation)]
    if right:
        return max(right, key=lambda f: _order(coverage.get(f.file_sha256), f))
    if matching:
        raise UsageError(
            f"The file {wanted} is of generation {matching[0].generation}, not {generation}: leave "
            "one of the file and --generation out."
        )
    known = ", ".join(dict.fromkeys(file.file_name for file in files)) or "none"
    raise UsageError(f"No loaded legacy file is {wanted}: choose one of {known}.")


def _order(coverage: Coverage | None, file: LoadedFile) -> tuple[tuple[int, ...], str]:
    return coverage.order if coverage else (), file.file_sha256
