"""The options that commands share, and what they stand for."""

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from rowkeeper.cli.terminal import QUIET
from rowkeeper.core.errors import DiskError
from rowkeeper.core.journal.formats import check_formats
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.postgres import APPLICATION_VARIABLE
from rowkeeper.core.profiles import load_target
from rowkeeper.core.project import CHECKOUT, find_project
from rowkeeper.core.said import shown
from rowkeeper.core.settings import Settings, load_settings
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.data_folder import check_folder
from rowkeeper.workspace.dbt_links import renew_links
from rowkeeper.workspace.waits import application

FLAGS = {
    "sheet": "sheet.source",
    "tab": "sheet.tab",
    "legacy_csv": "legacy_csv.paths",
    "known_earlier": "legacy_csv.known_earlier",
    "accept_losses": "legacy_csv.accept_losses",
    "max_removed": "sheet.max_removed",
    "max_changed": "sheet.max_changed",
    "lost_columns": "sheet.lost_columns",
    "store": "store.url",
    "data_dir": "data_dir",
    "new_folder": "disk.new_folder",
}
"""Option -> the setting that it overrides."""


def warehouse_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--target`` and ``--data-dir``."""
    for option in (
        click.option("--data-dir", metavar="DIR", help="Where files, journal and DuckDB are."),
        click.option("--target", metavar="NAME", help="A target of profiles.yml: dev or prod."),
    ):
        command = option(command)
    return command


def quiet_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--quiet``, which ``console()`` knows of."""

    def keep(context: click.Context, _: click.Parameter, value: bool) -> None:
        context.meta[QUIET] = value

    words = "Print nothing but what went wrong."
    return click.option(
        "--quiet", "-q", is_flag=True, expose_value=False, callback=keep, help=words
    )(command)


def json_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--json``, as ``as_json``: ``what`` as one JSON object."""
    return click.option("--json", "as_json", is_flag=True, help=f"{what} as one JSON object.")


def json_lines_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``, as ``as_json``, of what an ``EventTerminal`` tells as it goes."""
    words = "Events as JSON lines; words on stderr."
    return click.option("--json", "as_json", is_flag=True, help=words)(command)


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--store``."""
    return click.option(
        "--store",
        metavar="URL",
        help="The archive: file:///folder, s3://bucket or gs://bucket.",
    )(command)


def people_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--people``, of which each part must be somebody: see ``require_people``."""
    words = "Only these row ids, such as 12,40-60; each must be somebody's."
    return click.option("--people", metavar="ROWS", help=words)(command)


def accept_losses_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--accept-losses``."""
    return click.option(
        "--accept-losses",
        is_flag=True,
        default=None,
        help="Write it even if cells or rows of what is there, or was loaded, are lost.",
    )(command)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where a sheet and legacy CSVs are, what a load of them may lose, and ``--store``."""
    for option in (
        store_option,
        click.option("--legacy-csv", multiple=True, metavar="PATH", help="A CSV or glob; repeat."),
        click.option(
            "--lost-columns",
            metavar="NAMES",
            help="Known columns that the sheet may lose at once, comma-separated.",
        ),
        click.option(
            "--max-changed",
            type=click.FloatRange(0, 1),
            metavar="SHARE",
            help="The share of the row ids that may become other people's at once.",
        ),
        click.option(
            "--max-removed",
            type=click.FloatRange(0, 1),
            metavar="SHARE",
            help="The share of the people that the sheet may lose at once.",
        ),
        click.option("--tab", metavar="TAB", help="The sheet's tab: its gid or its title."),
        click.option("--sheet", metavar="SHEET", help="The sheet: its URL or a file."),
    ):
        command = option(command)
    return command


def require_folder(settings: Settings) -> None:
    """Where a data folder is gone, a person is asked whether a new one may begin in its place.

    Raises ``DiskError`` where nobody can be asked, or says no.
    """
    try:
        check_folder(settings)
    except DiskError as error:
        if settings.disk.folder_id or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        if not click.confirm(f"{shown(error)} Begin a new data folder now?", err=True):
            raise


def prepare(target: str | None, *, any_format: bool = False, **options: Any) -> Context:
    """The settings and the target for a command; dbt and dlt are pointed at the same places.

    Raises ``UsageError``, also where a newer rowkeeper wrote the data folder, unless the command
    takes ``any_format`` and looks for itself.
    """
    flags = {FLAGS[name]: value for name, value in options.items()}
    flags["legacy_csv.paths"] = list(flags.get("legacy_csv.paths") or ())
    settings = load_settings(flags)
    os.umask(int(settings.disk.umask, 8))  # names and e-mails lie in what is made here
    require_folder(settings)
    if not any_format:
        check_formats(journal_dir(settings.data_dir))
    if (project := find_project(os.environ)) and project != CHECKOUT:
        renew_links(project)
    os.environ["ROWKEEPER_DATA_DIR"] = str(settings.data_dir)
    os.environ["DO_NOT_TRACK"] = "1"  # dbt asks before it reads its project
    os.environ[APPLICATION_VARIABLE] = application(click.get_current_context().command_path)
    return Context(settings, load_target(target))
