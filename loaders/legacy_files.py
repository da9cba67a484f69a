"""The files of the old system: found, unpacked and decoded so that they can be written back."""

import glob
import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rowkeeper.errors import InputError

SETTING = "legacy_csv.paths or --legacy-csv"
ENCODINGS = ("utf-8-sig", "utf-8", "utf-16", "cp1252", "latin-1")
"""Tried in this order; the first that gives the very bytes back holds."""
_MARKS = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}


@dataclass(frozen=True)
class Content:
    """What a file holds: ``data`` unpacked, ``text`` decoded; ``text.encode(encoding) == data``."""

    path: Path
    modified_at: datetime
    data: bytes
    encoding: str
    text: str


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files that ``paths`` (files, folders, globs) name, in the order of names, none twice.

    Of a folder, all ``.csv`` and ``.csv.gz`` below it. Raises ``InputError`` if there are none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        given = Path(path).expanduser()
        if given.is_dir():
            matches = sorted(p for p in given.rglob("*") if p.name.endswith((".csv", ".csv.gz")))
            if not matches:
                raise InputError(f"No .csv or .csv.gz is below {path}: check {SETTING}.")
        elif given.exists() or not glob.has_magic(str(path)):
            matches = [given]
        else:
            names = glob.glob(str(given), recursive=True)  # noqa: PTH207 - may be absolute
            matches = [Path(name) for name in sorted(names)]
            if not matches:
                raise InputError(f"No legacy CSV matches {path}: check {SETTING}.")
        found.update(dict.fromkeys(matches))
    return list(found)


def read_content(path: Path) -> Content:
    """The content of ``path``. Raises ``InputError`` for what can't be read, unpacked or decoded.

    The time is the file's; that of the packed file where a gzip names it.
    """
    try:
        data = path.read_bytes()
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise InputError(
            f"The legacy CSV {path} can't be read ({error.strerror}): check {SETTING}."
        ) from error
    if path.suffix.lower() == ".gz":
        modified_at = _packed_at(data) or modified_at
        data = _unpack(path, data)
    encoding, text = decode(path, data)
    return Content(path, modified_at, data, encoding, text)


def _packed_at(data: bytes) -> datetime | None:
    seconds = int.from_bytes(data[4:8], "little")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _unpack(path: Path, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"The legacy CSV {path} can't be unpacked ({error}): restore it from a good copy."
        ) from error


def decode(path: Path, data: bytes) -> tuple[str, str]:
    """Encoding and text of a CSV. Raises ``InputError`` for NUL bytes."""
    for encoding in ENCODINGS:
        if not data.startswith(_MARKS.get(encoding, b"")):
            continue
        try:
            text = data.decode(encoding)
            exact = text.encode(encoding) == data
        except UnicodeError:
            continue
        if exact:
            break
    if (place := text.find("\0")) >= 0:
        line = text.count("\n", 0, place) + 1
        raise InputError(
            f"The CSV {path} has a NUL byte on line {line} (character {place}): restore the "
            "file from a good copy, remove that byte, or save the file as UTF-8."
        )
    return encoding, text
