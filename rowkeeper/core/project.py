"""Which folder is the project: whose ``.dlt/config.toml`` holds, and where ``data`` is by default.

One team, one folder, which ``rowkeeper init`` begins. The checkout is the project of nobody else;
a rowkeeper that was installed from a wheel has no such place.
"""

import os
import re
import stat
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from rowkeeper import PARTS
from rowkeeper.core.errors import UsageError

IS_INSTALLED = PARTS.is_dir()
"""From a wheel: there is no checkout, and nothing is ever written where rowkeeper is."""
CHECKOUT = PARTS if IS_INSTALLED else PARTS.parents[1]
"""Where the dbt project and profiles.yml are."""
PROJECT_VARIABLE = "ROWKEEPER_PROJECT"
OURS = "rowkeeper"
"""What our tables begin with, in files that others write theirs into, too."""
_TABLE = re.compile(r"""^\s*(?:\[\s*)?["']?([\w-]+)["']?\s*[.\]]""", re.MULTILINE)


def config_path(folder: Path) -> Path:
    """Where a project has its settings."""
    return folder / ".dlt" / "config.toml"


def project_folder(environ: Mapping[str, str]) -> Path:
    """The project, as ``find_project`` finds it. Raises ``UsageError`` where there is none."""
    if (root := find_project(environ)) is None:
        raise UsageError(
            "This folder is no project, nor is one above it: rowkeeper init --sheet SHEET begins "
            "one here, or name another folder with --project DIR."
        )
    return root


def find_project(environ: Mapping[str, str]) -> Path | None:
    """The project: ``ROWKEEPER_PROJECT``, else the nearest folder from the current one upwards
    whose config has a table of ours, else the checkout, or None if there is no checkout.

    ``DLT_PROJECT_DIR`` names the place of the settings alone, so no nearest one is looked for.
    Raises ``UsageError`` for a folder that is none, and for a config that somebody else may have
    put where this user happens to be.
    """
    if given := environ.get(PROJECT_VARIABLE):
        folder = Path(given).expanduser().absolute()
        if not folder.is_dir():
            raise UsageError(
                f"There is no folder {folder}, which --project or {PROJECT_VARIABLE} names: make "
                "it, or name another."
            )
        return folder
    default = None if IS_INSTALLED else CHECKOUT
    return default if environ.get("DLT_PROJECT_DIR") else _nearest() or default


def _nearest() -> Path | None:
    try:
        here = Path.cwd()
    except OSError:
        return None  # the folder that we were called from is gone
    for folder in (here, *here.parents):
        if folder == CHECKOUT:
            return None
        path = config_path(folder)
        if _has_our_table(path):
            _refuse_strangers(folder, path)
            return folder
    return None


def _has_our_table(path: Path) -> bool:
    """By its text: what is no TOML, or nearly our name, is told as such by who reads it."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "replace") if path.is_file() else ""
    except OSError:
        return False
    return any(map(may_mean_ours, _TABLE.findall(text)))


def may_mean_ours(table: str) -> bool:
    """Is it the name of our tables, or near it?"""
    return bool(get_close_matches(table.casefold(), [OURS], cutoff=0.8))


def _refuse_strangers(folder: Path, path: Path) -> None:
    """Nobody else's config is obeyed for being near: it says where all goes."""
    status = path.stat()
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & stat.S_IWOTH:
        raise UsageError(
            f"{path} is not yours alone to write, so it is not obeyed unasked: give --project "
            f"{folder} if it is meant, else call rowkeeper from another folder."
        )
