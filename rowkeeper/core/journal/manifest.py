"""The journal's list of what it holds: each sealed segment and each kept load, so that none can go
unnoticed.

``journal/manifest.jsonl`` is only appended to, a line for what came and a line for what was set
aside by a salvage. Each line ends in its checksum.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rowkeeper.core.disk.locks import locked
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.journal.segments import Finding, checked, unchecked, whole_in

NAME = "manifest.jsonl"
LOADS = "loads"
SEALED = "sealed"


@dataclass(frozen=True)
class Entry:
    """One thing that the journal holds: a path below it, and the size in bytes of a segment, or of
    a load the SHA-256 of its list of hashes."""

    path: str
    size_bytes: int | None = None
    sha256: str | None = None


@dataclass
class Manifest:
    """What the list says: path -> entry of what should be there, and what was set aside."""

    entries: dict[str, Entry] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def read_manifest(folder: Path) -> Manifest:
    """The list of the journal at ``folder``; lines that are not whole are findings."""
    found, path = Manifest(), folder / NAME
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    for place, line in enumerate(lines, 1):
        body = unchecked(line)
        if body is None:
            if line.endswith(b"\n") or any(whole_in(line)):  # else a killed writer's
                found.findings.append(Finding(path, place, "its checksum does not fit"))
            continue
        values = json.loads(body + b"}")
        if values.pop("gone", False):
            found.gone.add(values["path"])
            found.entries.pop(values["path"], None)
        else:
            found.entries[values["path"]] = Entry(**values)
    return found


def note(folder: Path, *entries: Entry) -> None:
    """Append that these are there, on disk on return."""
    _append(folder, [_values(entry) for entry in entries])


def note_gone(folder: Path, *paths: str) -> None:
    """Append that these were set aside or given up."""
    _append(folder, [{"path": path, "gone": True} for path in paths])


def renew(folder: Path) -> None:
    """Write the list anew from its whole lines: what is not whole goes."""
    with _locked(folder):
        known = read_manifest(folder)
        lines = [{"path": path, "gone": True} for path in sorted(known.gone - set(known.entries))]
        lines += [_values(entry) for entry in known.entries.values()]
        fresh = folder / f"{NAME}.new"
        fresh.write_bytes(b"".join(_line(values) for values in lines))
        sync(fresh)
        fresh.replace(folder / NAME)
        sync(folder)


def _append(folder: Path, lines: list[dict[str, object]]) -> None:
    if not lines:
        return
    with _locked(folder):
        path = folder / NAME
        is_new = not path.exists()
        with path.open("ab+") as file:
            file.seek(0)
            data = file.read()
            whole = data.rfind(b"\n") + 1  # what a killed writer left half is not a line
            if whole < len(data):
                file.truncate(whole)
            file.write(b"".join(_line(values) for values in lines))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync(folder)


def _values(entry: Entry) -> dict[str, object]:
    return {name: value for name, value in vars(entry).items() if value is not None}


def _line(values: dict[str, object]) -> bytes:
    return checked(json.dumps(values, separators=(",", ":")).encode()[:-1])


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    make_folder(folder)
    with (folder / f"{NAME}.lock").open("ab") as file, locked(file):
        yield
