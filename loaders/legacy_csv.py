"""The newest generation of the legacy CSV: 21 columns, each row verbatim with its line."""

import csv
import glob
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256 as digest
from pathlib import Path

from loaders.text import sha256, to_json
from rowkeeper.errors import InputError

COLUMNS = (
    "row_id",
    "name",
    "email",
    "type",
    "link",
    "extracted_links",
    "youtube_playlist",
    "google_drive",
    "processed",
    "document_text",
    "youtube_status",
    "youtube_files",
    "youtube_media_id",
    "drive_status",
    "drive_files",
    "drive_media_id",
    "last_download_attempt",
    "download_errors",
    "permanent_failure",
    "file_uuids",
    "s3_paths",
)
GENERATION = len(COLUMNS)


@dataclass(frozen=True)
class LegacyRow:
    """One record; ``line`` is the physical line on which it starts, from 1."""

    line: int
    cells: tuple[str, ...]
    cells_json: str
    content_sha256: str


@dataclass(frozen=True)
class LegacyFile:
    """One file. ``encoding`` is 'utf-8' or 'utf-8-sig', ``line_end`` 'LF' or 'CRLF'."""

    path: Path
    modified_at: datetime
    file_sha256: str
    encoding: str
    line_end: str
    header: tuple[str, ...]
    rows: tuple[LegacyRow, ...]


def load_legacy_csv(paths: Iterable[str | Path]) -> list[LegacyFile]:
    """All files that ``paths`` (paths or globs) name, each content once.

    Raises ``InputError`` for the first bad one, so that a run takes all files or none.
    """
    files = (read_file(path) for path in find_files(paths))
    return list({file.file_sha256: file for file in files}.values())


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files that ``paths`` name, globs in the order of their names, none twice."""
    found: dict[Path, None] = {}
    for path in paths:
        given = Path(path).expanduser()
        if given.exists() or not glob.has_magic(str(path)):
            found[given] = None
            continue
        matches = sorted(glob.glob(str(given), recursive=True))  # noqa: PTH207 - may be absolute
        if not matches:
            raise InputError(
                f"No legacy CSV matches {path}: check legacy_csv.paths or --legacy-csv."
            )
        found.update(dict.fromkeys(Path(match) for match in matches))
    return list(found)


def read_file(path: Path) -> LegacyFile:
    """The file at ``path``. Raises ``InputError`` that names the file, the line and the remedy."""
    try:
        data = path.read_bytes()
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise InputError(
            f"The legacy CSV {path} can't be read ({error.strerror}): "
            "check legacy_csv.paths or --legacy-csv."
        ) from error
    text = _decode(path, data)
    records = list(_records(path, text))
    header = _header(path, records)
    for line, cells in records[1:]:
        _check_width(path, line, cells, half=line == records[-1][0] and not text.endswith("\n"))
    return LegacyFile(
        path=path,
        modified_at=modified_at,
        file_sha256=digest(data).hexdigest(),
        encoding="utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8",
        line_end="CRLF" if text.partition("\n")[0].endswith("\r") else "LF",
        header=header,
        rows=tuple(_row(line, cells) for line, cells in records[1:]),
    )


def _row(line: int, cells: tuple[str, ...]) -> LegacyRow:
    cells_json = to_json(cells)
    return LegacyRow(line, cells, cells_json, sha256(cells_json))


def _decode(path: Path, data: bytes) -> str:
    """``data`` as text; NUL bytes and anything but UTF-8 are refused."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"The legacy CSV {path} is UTF-16, not UTF-8: save it as UTF-8.")
    if (place := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, place) + 1
        raise InputError(
            f"The legacy CSV {path} has a NUL byte on line {line} (byte {place}): "
            "restore the file from a good copy or remove that byte."
        )
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"The legacy CSV {path} is not UTF-8 on line {line} (byte {error.start}): "
            "save it as UTF-8."
        ) from error


def _records(path: Path, text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Start line and cells of each record; empty lines are none."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:
                yield start, tuple(cells)
            start = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(
                f"The legacy CSV {path} ends within the record that starts on line {start}: a "
                "quoted cell is never closed, as in a file cut short; restore the file."
            ) from error
        raise InputError(
            f"The legacy CSV {path} is no valid CSV on line {reader.line_num} ({error}): mend the "
            "quotes of the record that starts "
            f"on line {start}."
        ) from error


def _header(path: Path, records: list[tuple[int, tuple[str, ...]]]) -> tuple[str, ...]:
    """The header, which must be the 21 columns by name and order."""
    if not records:
        raise InputError(f"The legacy CSV {path} is empty: it has no header on line 1.")
    header = records[0][1]
    if header == COLUMNS:
        return header
    unknown = [f"'{name}'" for name in header if name not in COLUMNS]
    missing = [name for name in COLUMNS if name not in header]
    problems = [
        f"unknown: {', '.join(unknown)}" if unknown else "",
        f"missing: {', '.join(missing)}" if missing else "",
    ]
    what = "; ".join(filter(None, problems)) or "the known names in another order or twice"
    raise InputError(
        f"The legacy CSV {path} has not the {GENERATION} columns on line {records[0][0]} ({what}; "
        f"known: {', '.join(COLUMNS)}): give the newest generation's file."
    )


def _check_width(path: Path, line: int, cells: tuple[str, ...], half: bool) -> None:
    if len(cells) == GENERATION:
        return
    if half and len(cells) < GENERATION:
        raise InputError(
            f"The legacy CSV {path} ends with half a line: line {line} has {len(cells)} of "
            f"{GENERATION} fields; restore the file or remove that line."
        )
    raise InputError(
        f"The legacy CSV {path} has {len(cells)} fields on line {line}, expected {GENERATION}: "
        "mend its commas and quotes."
    )
