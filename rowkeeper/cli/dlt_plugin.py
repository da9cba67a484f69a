"""``dlt pipeline run``: the ingest among dlt's own commands.

dlt loads this module at each of its starts, so it imports nothing but the hook's markers.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlt.common.configuration.plugins import SupportsCliCommand, hookimpl, only_host

from loaders.summary import NOTHING_NAMED, summary_text

if TYPE_CHECKING:
    from dlt.common.configuration.specs.pluggable_run_context import RunContextBase


class RunCommand(SupportsCliCommand):
    """``dlt pipeline run`` and ``dlt pipeline rowkeeper run``."""

    command = "run"
    parent = "pipeline"
    help_string = "Loads the sheet and the legacy CSVs into the raw tables of the warehouse"
    description = (
        "Loads the published sheet and the legacy CSVs that the settings name, or those given "
        "here, into the raw tables of the warehouse. What it already holds is left alone."
    )
    docs_url = None
    OVERRIDES: ClassVar[dict[str, str]] = {
        "sheet": "sheet.source",
        "tab": "sheet.tab",
        "legacy_csv": "legacy_csv.paths",
        "max_removed": "sheet.max_removed",
        "max_changed": "sheet.max_changed",
        "lost_columns": "sheet.lost_columns",
    }

    def configure_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--sheet", help="the sheet: its URL or a file")
        parser.add_argument("--tab", help="the tab to read: its gid or its title")
        parser.add_argument(
            "--legacy-csv",
            action="append",
            metavar="PATH",
            help="a CSV of any generation, a folder or a glob; may be repeated",
        )
        parser.add_argument(
            "--max-removed",
            type=float,
            metavar="SHARE",
            help="the share of the people that the sheet may lose at once, 0 to 1",
        )
        parser.add_argument(
            "--max-changed",
            type=float,
            metavar="SHARE",
            help="the share of the row ids that may become other people's at once, 0 to 1",
        )
        parser.add_argument(
            "--lost-columns",
            metavar="NAMES",
            help="known columns that the sheet may lose at once, comma-separated",
        )
        parser.add_argument("--target", help="the target in profiles.yml (default: its default)")

    def execute(self, args: argparse.Namespace) -> None:
        from rowkeeper.core.errors import RowkeeperError, UsageError
        from rowkeeper.core.said import tell

        try:
            if args.pipeline_name not in (None, "rowkeeper"):
                raise UsageError(
                    f"There is no pipeline {args.pipeline_name}: use dlt pipeline rowkeeper run."
                )
            _ingest(args)
        except RowkeeperError as error:
            tell(error)
            raise SystemExit(error.exit_code) from None


def _ingest(args: argparse.Namespace) -> None:
    from loaders.pipeline import ingest
    from rowkeeper.core.errors import UsageError
    from rowkeeper.core.journal.formats import check_formats
    from rowkeeper.core.journal.journal import journal_dir
    from rowkeeper.core.postgres import APPLICATION_VARIABLE
    from rowkeeper.core.profiles import load_target
    from rowkeeper.core.said import tell
    from rowkeeper.core.settings import load_settings
    from rowkeeper.core.warehouse import connect
    from rowkeeper.workspace.context import Context
    from rowkeeper.workspace.data_folder import check_folder
    from rowkeeper.workspace.locks import loads_lock, run_lock, tables_lock
    from rowkeeper.workspace.run_log import recorded
    from rowkeeper.workspace.waits import application

    given = {key: getattr(args, option) for option, key in RunCommand.OVERRIDES.items()}
    settings = load_settings({key: value for key, value in given.items() if value is not None})
    if not settings.sheet.source and not settings.legacy_csv.paths:
        raise UsageError(NOTHING_NAMED)
    os.umask(int(settings.disk.umask, 8))
    check_folder(settings)
    check_formats(journal_dir(settings.data_dir))
    context = Context(settings, target := load_target(args.target))
    os.environ[APPLICATION_VARIABLE] = application("dlt pipeline run")
    with run_lock(context):
        with connect(target):  # locked, damaged or of a newer version, it says so first
            pass
        with recorded(context) as log, tables_lock(context), loads_lock(context):
            log.ingested(summary := ingest(settings, target))
    said = summary_text(summary)
    tell(f"{said} Warehouse: {target.name}.", sys.stdout)


@hookimpl(tryfirst=True)
def plug_run_context(
    run_dir: str | None,  # noqa: ARG001 - the hook's signature
    runtime_kwargs: dict[str, Any] | None,  # noqa: ARG001
) -> "RunContextBase":
    """Where dlt finds its settings, for all that is done with dlt in this environment."""
    from loaders.dlt_context import ProjectContext

    return ProjectContext()


@hookimpl(specname="plug_cli")
@only_host("dlt")
def plug_run(host: str) -> type[SupportsCliCommand]:  # noqa: ARG001 - the hook's signature
    """Add the command, and show dlt's own commands where our pipeline works and loads."""
    _point_dlt_at_us()
    return RunCommand


def _point_dlt_at_us() -> None:
    """Let ``dlt pipeline rowkeeper info`` and the like find the pipeline and its warehouse.

    Only in a folder with our profile, and never over what the environment says already.
    """
    from loaders.destination import credentials, dlt_data_dir, forget_trace
    from rowkeeper.core.errors import RowkeeperError
    from rowkeeper.core.profiles import load_target
    from rowkeeper.core.settings import load_settings

    if dlt_dir := os.environ.get("DLT_DATA_DIR"):
        forget_trace(Path(dlt_dir) / "pipelines")
        return
    try:
        target = load_target(None)
        folder = dlt_data_dir(load_settings({}).data_dir, target.name)
    except RowkeeperError:
        return  # the command itself will say what is wrong
    if (folder / "pipelines").is_dir():
        os.environ["DLT_DATA_DIR"] = str(folder)
        forget_trace(folder / "pipelines")
        name = f"ROWKEEPER__DESTINATION__{target.type.upper()}__CREDENTIALS"
        os.environ.setdefault(name, credentials(target))
