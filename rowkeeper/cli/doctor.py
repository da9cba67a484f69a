"""``rowkeeper doctor``: what a run needs, checked one by one; each failure prints its remedy."""

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from rowkeeper.cli.options import prepare, source_options, warehouse_options
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.core import clock
from rowkeeper.core.child import bare_environment
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.errors import RowkeeperError
from rowkeeper.core.project import IS_INSTALLED
from rowkeeper.core.settings import PROJECT_DIR, settings_folder
from rowkeeper.workspace.context import Context

PROBE_TIMEOUT_S = 20
OLDEST_YT_DLP_DAYS = 31
OLDEST_PYTHON = 0x030B0000
INSTALL_AGAIN = (
    "Install rowkeeper again." if IS_INSTALLED else "Set the environment up again: make setup."
)


@dataclass(frozen=True)
class DoctorCheck:
    """One thing that was looked at: what was found, or what is wrong and the remedy."""

    name: str
    ok: bool
    words: str
    warning: bool = False


class _WeakError(RowkeeperError):
    """It works, but less well than it could, or not for long."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All of it as a JSON list.")
@click.option("--online", is_flag=True, help="Also fetch one known public video of YouTube.")
@source_options
@warehouse_options
def command(as_json: bool, online: bool, target: str | None, **options: Any) -> int:
    """Check Python, ffmpeg, JavaScript, yt-dlp's age, dbt, the warehouse, the store and the sheet.

    With --online one known public video goes the whole way, and is removed again. Ends with 0 if
    all is well, else with 1.
    """
    context = prepare(target, **options)
    looks = LOOKS | ({"YouTube": _youtube} if online else {})
    checks = [_check(name, look, context) for name, look in looks.items()]
    if as_json:
        say_json([asdict(check) for check in checks])
    else:
        out = console()
        for check in checks:
            mark = "FAIL" if not check.ok else "warn" if check.warning else "ok"
            out.say(f"{check.name}: {check.words}", lead=f"{mark:4} ")
    return 0 if all(check.ok for check in checks) else 1


def _check(name: str, look: Callable[[Context], str], context: Context) -> DoctorCheck:
    try:
        return DoctorCheck(name, True, look(context))
    except _WeakError as error:
        return DoctorCheck(name, True, str(error), warning=True)
    except RowkeeperError as error:
        return DoctorCheck(name, False, str(error))
    except Exception as error:
        words = disk_error(error) or f"{type(error).__name__}: {error}. {INSTALL_AGAIN}"
        return DoctorCheck(name, False, str(words))


def _python(_: Context) -> str:
    version = platform.python_version()
    if sys.hexversion < OLDEST_PYTHON:
        raise RowkeeperError(f"Python {version} is too old: use 3.11 or newer. {INSTALL_AGAIN}")
    return version


def _ffmpeg(_: Context) -> str:
    import imageio_ffmpeg  # type: ignore[import-untyped]

    return _version(imageio_ffmpeg.get_ffmpeg_exe(), "-version")


def _javascript(_: Context) -> str:
    from deno import find_deno_bin  # type: ignore[import-untyped]

    return _version(find_deno_bin(), "--version")


def _yt_dlp(_: Context) -> str:
    from yt_dlp.version import __version__  # type: ignore[import-untyped]

    released = date(*(int(part) for part in __version__.split(".")[:3]))
    age = (_today() - released).days
    if age > OLDEST_YT_DLP_DAYS:
        words = f"{__version__} is {age} days old and YouTube changes often"
        renew = (
            "install the newest beside rowkeeper" if IS_INSTALLED else "make renew-yt-dlp brings it"
        )
        raise _WeakError(f"{words}: {renew}.")
    return str(__version__)


def _today() -> date:
    return clock.now().date()


def _version(program: str, option: str) -> str:
    """The first line that a program says of itself."""
    try:
        said = subprocess.run(
            [program, option],
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
            env=bare_environment(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        name = Path(program).name
        raise RowkeeperError(f"{name} does not run ({error}). {INSTALL_AGAIN}") from None
    return said.stdout.partition("\n")[0]


def _project(_: Context) -> str:
    folder = settings_folder()
    names = [name for name in ("config.toml", "secrets.toml") if (folder / name).is_file()]
    return f"settings are those of {folder}: {', '.join(names) or 'no file'}"


def _dbt(_: Context) -> str:
    for name in ("dbt_project.yml", "profiles.yml"):
        if not (PROJECT_DIR / name).is_file():
            raise RowkeeperError(f"{name} is not in {PROJECT_DIR}. {INSTALL_AGAIN}")
    return f"the project in {PROJECT_DIR}"


def _data_folder(context: Context) -> str:
    from rowkeeper.workspace.data_folder import check_disk

    if weaknesses := check_disk(context):
        raise _WeakError(" ".join(weaknesses))
    return str(context.settings.data_dir)


def _privacy(context: Context) -> str:
    from rowkeeper.workspace.privacy import check_privacy

    if said := check_privacy(context.settings):
        raise _WeakError(" ".join(said))
    return f"what is here is for whom disk.umask ({context.settings.disk.umask}) allows"


def _warehouse(context: Context) -> str:
    from rowkeeper.workspace.warehouse_check import check_warehouse

    return check_warehouse(context.target)


def _journal(context: Context) -> str:
    from rowkeeper.cli.journal import findings
    from rowkeeper.core.journal.journal import damaged, journal_dir, sealed_segments

    folder, damage = journal_dir(context.settings.data_dir), findings(context)
    if lost := [item for item in damage if item.lost]:
        raise damaged(lost)
    if damage:
        raise _WeakError(f"no event is lost, but: {damaged(damage)}")
    return f"{len(sealed_segments(folder))} segments in {folder}, all whole"


def _store(context: Context) -> str:
    from rowkeeper.workspace.store_identity import open_known

    store = open_known(context)
    store.check()
    if store.notice:
        raise _WeakError(store.notice)
    return context.settings.store.url


def _sheet(context: Context) -> str:
    from loaders.sheet import configured_sheet

    if not context.settings.sheet.source:
        return "none is set: give --sheet, or set sheet.source"
    snapshot = configured_sheet(context.settings)
    return f"{len(snapshot.rows)} rows in tab {snapshot.tab_label}"


def _youtube(context: Context) -> str:
    from rowkeeper.workspace.online_check import check_youtube

    return check_youtube(context.settings)


LOOKS: dict[str, Callable[[Context], str]] = {
    "Python": _python,
    "ffmpeg": _ffmpeg,
    "JavaScript runtime": _javascript,
    "yt-dlp": _yt_dlp,
    "project": _project,
    "dbt project": _dbt,
    "data folder": _data_folder,
    "privacy": _privacy,
    "warehouse": _warehouse,
    "journal": _journal,
    "store": _store,
    "sheet": _sheet,
}
