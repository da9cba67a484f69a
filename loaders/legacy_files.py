"""The files of the old system: found, unpacked and decoded so that they can be written back."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loaders.text_files import FALLBACK, MAX_BYTES, Decoded, decode, read_bytes
from rowkeeper.core.disk.names import is_systems
from rowkeeper.core.errors import InputError

SETTING = "legacy_csv.paths or --legacy-csv"


@dataclass(frozen=True)
class Content:
    """What a file holds: ``data`` unpacked, and decoded."""

    path: Path
    modified_at: datetime
    data: bytes
    decoded: Decoded


SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files that ``paths`` (files, folders, globs) name, in the order of names, none twice.

    Of a folder, all ``.csv`` and ``.tsv`` below it, packed ones too, but none that a system or an
    office program keeps beside another (``._x.csv``, ``~$x.csv``). Raises ``InputError`` if there
    are none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        given = Path(path).expanduser()
        if given.is_dir():
            matches = sorted(p for p in given.rglob("*") if _is_csv(p))
            if not matches:
                raise InputError(f"No .csv or .tsv is below {path}: check {SETTING}.")
        elif given.exists() or not glob.has_magic(str(path)):
            matches = [given]
        else:
            names = glob.glob(str(given), recursive=True)  # noqa: PTH207 - may be absolute
            matches = [Path(name) for name in sorted(names) if not is_systems(Path(name).name)]
            if not matches:
                raise InputError(f"No legacy CSV matches {path}: check {SETTING}.")
        found.update(dict.fromkeys(matches))
    return list(found)


def left_out(paths: Iterable[str | Path]) -> list[Path]:
    """What :func:`find_files` leaves out of the folders among ``paths``, for no person wrote it."""
    folders = [folder for path in paths if (folder := Path(path).expanduser()).is_dir()]
    return sorted({p for folder in folders for p in folder.rglob("*") if is_systems(p.name)})


def _is_csv(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES) and not is_systems(path.name)


def read_content(path: Path, fallback: str = FALLBACK, max_bytes: int = MAX_BYTES) -> Content:
    """The content of ``path``. Raises ``InputError`` for what can't be read, unpacked or decoded.

    A line that is not UTF-8 is read as ``fallback``. The time is the file's; that of the packed
    file where a gzip names it.
    """
    try:
        data = read_bytes(path, max_bytes, "legacy_csv.max_bytes")
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        modified_at = _packed_at(path) or modified_at
    except OSError as error:
        raise InputError(
            f"The legacy CSV {path} can't be read ({error.strerror}): check {SETTING}."
        ) from error
    return Content(path, modified_at, data, decode(path, data, fallback))


def _packed_at(path: Path) -> datetime | None:
    """The time that a gzip names for the file in it."""
    if path.suffix.lower() != ".gz":
        return None
    with path.open("rb") as file:
        seconds = int.from_bytes(file.read(8)[4:8], "little")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
