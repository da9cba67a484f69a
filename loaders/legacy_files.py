"""The files of the old system: found, unpacked and decoded so that they can be written back."""

import glob
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

from loaders.text_files import FALLBACK, MAX_BYTES, Decoded, decode, read_bytes
from rowkeeper.core.disk.names import evicted, is_placeholder, is_systems, kept_by, placeholder
from rowkeeper.core.errors import InputError

EPOCH = datetime.fromtimestamp(0, UTC)
SETTING = "legacy_csv.paths or --legacy-csv"


@dataclass(frozen=True)
class FileContent:
    """What a file holds, unpacked: its hash, and decoded."""

    path: Path
    modified_at: datetime
    file_sha256: str
    decoded: Decoded


SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_MAY_BE_TABLE = re.compile(r"\.[ct]sv(?![a-z])|\.(?:xlsx?|xlsm|xlsb|ods|numbers)\Z", re.IGNORECASE)


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files that ``paths`` (files, folders, globs) name, in the order of names, none twice.

    Of a folder, all ``.csv`` and ``.tsv`` below it, packed ones too, but none that a system, an
    office program or a sync service keeps (``._x.csv``, ``.stversions/x.csv``). Raises
    ``InputError`` if there are none, and for one that a sync service keeps elsewhere.
    """
    files: dict[Path, None] = {}
    for path in paths:
        given = Path(path).expanduser()
        if given.is_dir():
            matches = [file for file in _walk(given)[0] if _is_csv(file)]
            if not matches:
                raise InputError(f"No .csv or .tsv is below {path}: check {SETTING}.")
        elif given.exists() or not glob.has_magic(str(path)):
            _refuse_evicted([placeholder(given)] if evicted(given) else [])
            matches = [given]
        else:
            matches = _matches(given)
            if not matches:
                raise InputError(f"No legacy CSV matches {path}: check {SETTING}.")
        files.update(dict.fromkeys(matches))
    return list(files)


def left_out(paths: Iterable[str | Path]) -> list[Path]:
    """What :func:`find_files` leaves out of the folders among ``paths``: files, and folders in
    which a CSV is."""
    folders = [folder for path in paths if (folder := Path(path).expanduser()).is_dir()]
    return sorted({path for folder in folders for path in _walk(folder)[1]})


def unread_tables(paths: Iterable[str | Path]) -> list[Path]:
    """What is no ``.csv`` of the folders among ``paths`` by its name and may be one all the same:
    ``output.csv.bak``, a workbook."""
    given = [Path(path).expanduser() for path in paths]
    folders = [path for path in given if path.is_dir()]
    named = set(find_files(path for path in given if path not in folders)) if folders else set()
    files = {file for folder in folders for file in _walk(folder)[0] if not _is_csv(file)}
    return sorted(file for file in files - named if _MAY_BE_TABLE.search(file.name))


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files below ``folder`` that people keep, and what of it others do.

    Raises ``InputError`` for a CSV that a sync service keeps elsewhere.
    """
    kept: list[Path] = []
    others: list[Path] = []
    for above, folders, files in os.walk(folder, onerror=_refuse_unreadable):
        here = Path(above)
        aside = [here / name for name in folders if is_systems(name)]
        folders[:] = [name for name in folders if not is_systems(name)]
        others += [path for path in aside if any(map(_is_csv, path.rglob("*")))]
        _refuse_evicted([here / name for name in files if is_placeholder(name)])
        for name in files:
            (others if is_systems(name) else kept).append(here / name)
    return sorted(kept), others


def _refuse_unreadable(error: OSError) -> None:
    raise InputError(
        f"The folder {error.filename} can't be read ({error.strerror}): give this user the "
        f"right to read it, or name the CSVs one by one in {SETTING}."
    )


def _matches(pattern: Path) -> list[Path]:
    """What a glob names, but for what others than people keep. Raises as :func:`_walk`."""
    elsewhere = glob.glob(str(placeholder(pattern)), recursive=True)  # noqa: PTH207
    _refuse_evicted([Path(name) for name in elsewhere])
    fixed = list(takewhile(lambda part: not glob.has_magic(part), pattern.parts))
    names = sorted(glob.glob(str(pattern), recursive=True))  # noqa: PTH207 - may be absolute
    return [
        Path(name) for name in names if not any(map(is_systems, Path(name).parts[len(fixed) :]))
    ]


def _refuse_evicted(placeholders: list[Path]) -> None:
    """Without one of the CSVs that were meant, what a load says would be another thing."""
    gone = [path.with_name(kept_by(path.name)) for path in placeholders]
    if gone := [path for path in gone if _is_csv(path)]:
        raise InputError(
            f"A sync service keeps the legacy CSV {gone[0]} elsewhere: let it come back, or name "
            f"the others one by one in {SETTING}."
        )


def _is_csv(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def read_content(path: Path, fallback: str = FALLBACK, max_bytes: int = MAX_BYTES) -> FileContent:
    """The content of ``path``. Raises ``InputError`` for what can't be read, unpacked or decoded.

    A line that is not UTF-8 is read as ``fallback``. The time is the file's; that of the packed
    file where a gzip names it.
    """
    try:
        data = read_bytes(path, max_bytes, "legacy_csv.max_bytes")
        modified_at = moment_of(path.stat().st_mtime)
        modified_at = _packed_at(path) or modified_at
    except OSError as error:
        raise InputError(
            f"The legacy CSV {path} can't be read ({error.strerror}): check {SETTING}."
        ) from error
    return FileContent(path, modified_at, sha256(data).hexdigest(), decode(path, data, fallback))


def moment_of(seconds: float) -> datetime:
    """The time of a file; the oldest of all for one that no calendar has, as some disks keep."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        return EPOCH


def _packed_at(path: Path) -> datetime | None:
    """The time that a gzip names for the file in it."""
    if path.suffix.lower() != ".gz":
        return None
    with path.open("rb") as file:
        seconds = int.from_bytes(file.read(8)[4:8], "little")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
