"""The kept loads as files: each has a list of its files' hashes, and the manifest lists each load.

What is in them is the loaders' affair.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from rowkeeper.core.disk.own import replace_whole
from rowkeeper.core.journal.manifest import LOADS, ManifestEntry, note, read_manifest
from rowkeeper.core.journal.segments import Finding, is_own
from rowkeeper.core.paths import sha256_file
from rowkeeper.core.text import from_json

HASHES = "hashes.json"
SOURCES = "sources.json"


def _bytes_name(sha256: str) -> str:
    return f"sheet-{sha256}.gz"


def write_bytes(load: Path, sha256: str, data: bytes) -> None:
    """Put what a sheet was read from into a load that is being made."""
    (load / _bytes_name(sha256)).write_bytes(gzip.compress(data, compresslevel=6, mtime=0))


def find_bytes(folder: Path, sha256: str) -> Path | None:
    """The file of the load that has what a sheet was read from, gzipped; None if none has."""
    places = (load / _bytes_name(sha256) for load in loads(folder))
    return next((path for path in places if path.is_file()), None)


def write_hashes(load: Path) -> None:
    """Write down the SHA-256 of each file of a load that is complete."""
    fresh = load / f"{HASHES}.new"  # a killed writer may have left one
    files = sorted(path for path in load.iterdir() if path not in {fresh, load / HASHES})
    hashes = {path.name: sha256_file(path)[0] for path in files}
    replace_whole(load / HASHES, json.dumps(hashes, indent=1).encode())


def note_load(folder: Path, load: Path) -> None:
    """List a load in the manifest of the journal at ``folder``."""
    note(folder, ManifestEntry(f"{LOADS}/{load.name}", sha256=sha256_file(load / HASHES)[0]))


def hash_all(folder: Path) -> None:
    """The step from format 1: hashes for the loads that have none."""
    for load in loads(folder):
        if not (load / HASHES).exists():
            write_hashes(load)
    adopt(folder)


def adopt(folder: Path) -> None:
    """List the loads that a killed run left unlisted."""
    known = read_manifest(folder).entries
    for load in loads(folder):
        if f"{LOADS}/{load.name}" not in known and (load / HASHES).exists():
            note_load(folder, load)


def loads(folder: Path) -> list[Path]:
    """The folders of all kept loads; one appears whole or not at all."""
    found = (folder / LOADS).iterdir() if (folder / LOADS).is_dir() else iter(())
    ours = (path for path in found if is_own(path.name) and not path.is_symlink())
    return sorted(path for path in ours if path.is_dir())


def examine_load(load: Path, wanted: ManifestEntry | None) -> Iterator[Finding]:
    """What of a kept load is not as it was written; ``wanted`` is what the manifest says of it."""
    hashes = load / HASHES
    try:
        listed = from_json(hashes.read_bytes())
        digest = sha256_file(hashes)[0]
        known = wanted is None or wanted.sha256 in (None, digest)
        if not known or not isinstance(listed, dict):
            yield Finding(hashes, None, "the list of the load's hashes is not what was written")
            return
    except (OSError, ValueError) as error:
        yield Finding(hashes, None, f"the list of the load's hashes can't be read ({error})")
        return
    for name, sha256 in listed.items():
        path = load / Path(name).name
        if not path.is_file():
            yield Finding(path, None, "this file of a kept load is missing")
        elif sha256_file(path)[0] != sha256:
            yield Finding(path, None, "this file of a kept load has other bytes than were written")
