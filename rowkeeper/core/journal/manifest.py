"""The journal's list of what it holds: each sealed segment and each kept load, so that none can go
unnoticed.

``journal/manifest.jsonl`` is only appended to, a line for what came and a line for what was set
aside by a salvage. Each line ends in its checksum.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from rowkeeper.core.disk.locks import locked
from rowkeeper.core.disk.names import evicted
from rowkeeper.core.disk.own import own_file, replace_whole, require_file
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.stored import is_plain
from rowkeeper.core.disk.writing import sync, write_all
from rowkeeper.core.journal.lines import checked, unchecked, whole_in
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.text import from_json

NAME = "manifest.jsonl"
LOADS = "loads"
SEALED = "sealed"


@dataclass(frozen=True)
class ManifestEntry:
    """One thing that the journal holds: a path below it, and the size in bytes of a segment, or of
    a load the SHA-256 of its list of hashes."""

    path: str
    size_bytes: int | None = None
    sha256: str | None = None


@dataclass
class Manifest:
    """What the list says: path -> entry of what should be there, and what was set aside."""

    entries: dict[str, ManifestEntry] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def read_manifest(folder: Path) -> Manifest:
    """The list of the journal at ``folder``; lines that are not whole are findings."""
    manifest, path = Manifest(), folder / NAME
    require_file(path)
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    for place, line in enumerate(lines, 1):
        body = unchecked(line)
        if body is None:
            if line.endswith(b"\n") or any(whole_in(line)):  # else a killed writer's
                manifest.findings.append(Finding(path, place, "its checksum does not fit"))
            continue
        try:
            is_gone, entry = _entry(body + b"}")
        except ValueError as error:
            words = f"no rowkeeper wrote it ({str(error)[:100]}): it is not believed"
            manifest.findings.append(Finding(path, place, words))
            continue
        if is_gone:
            manifest.gone.add(entry.path)
            manifest.entries.pop(entry.path, None)
        else:
            manifest.entries[entry.path] = entry
    return manifest


@lru_cache(maxsize=1 << 17)
def _entry(body: bytes) -> tuple[bool, ManifestEntry]:
    """What a whole line says, and whether that was set aside. Raises ``ValueError``.

    Each line is read once in a process, for a list has one for each segment of years.
    """
    values = from_json(body)
    if not isinstance(values, dict) or values.keys() - {"path", "size_bytes", "sha256", "gone"}:
        raise ValueError("it is no entry")
    path, size, sha256 = (values.get(name) for name in ("path", "size_bytes", "sha256"))
    if not isinstance(path, str) or not is_plain(path):
        raise ValueError("its path is none")
    if not (size is None or (type(size) is int and size >= 0)):
        raise ValueError("its size is none")
    if not isinstance(sha256, str | None):
        raise ValueError("its hash is none")
    return bool(values.get("gone")), ManifestEntry(path, size, sha256)


def note(folder: Path, *entries: ManifestEntry) -> None:
    """Append that these are there, on disk on return.

    Where a sync service keeps the list elsewhere none begins anew, and all are listed later.
    """
    if evicted(folder / NAME):
        return
    append_lines(folder, NAME, [_values(entry) for entry in entries])


def note_gone(folder: Path, *paths: str) -> None:
    """Append that these were set aside or given up."""
    append_lines(folder, NAME, [{"path": path, "gone": True} for path in paths])


def renew(folder: Path) -> None:
    """Write the list anew from its whole lines: what is not whole goes."""
    with _locked(folder, NAME):
        known = read_manifest(folder)
        lines = [{"path": path, "gone": True} for path in sorted(known.gone - set(known.entries))]
        lines += [_values(entry) for entry in known.entries.values()]
        replace_whole(folder / NAME, b"".join(_line(values) for values in lines))


def append_lines(folder: Path, name: str, lines: Sequence[Mapping[str, object]]) -> None:
    """Append to the list ``name`` of the journal, each line with its checksum, on disk on return.

    Raises ``OSError``, and ``DiskError`` where a folder or a pipe is in its place.
    """
    if not lines:
        return
    require_file(folder / name)
    with _locked(folder, name):
        path = folder / name
        is_new = not path.exists()
        with own_file(path) as file:
            file.seek(0)
            data = file.read()
            whole = data.rfind(b"\n") + 1  # what a killed writer left half is not a line
            if whole < len(data):
                file.truncate(whole)
            write_all(file, b"".join(_line(values) for values in lines))
            os.fsync(file.fileno())
        if is_new:
            sync(folder)


def _values(entry: ManifestEntry) -> dict[str, object]:
    return {name: value for name, value in vars(entry).items() if value is not None}


def _line(values: Mapping[str, object]) -> bytes:
    return checked(json.dumps(values, separators=(",", ":")).encode()[:-1])


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    make_folder(folder)
    with own_file(folder / f"{name}.lock") as file, locked(file):
        yield
