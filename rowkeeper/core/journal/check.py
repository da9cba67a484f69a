"""What of a journal is not as it was written: by its names and sizes alone, or read to the end."""

from pathlib import Path

from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.journal import sealed_segments
from rowkeeper.core.journal.manifest import (
    LOADS,
    NAME,
    SEALED,
    Entry,
    Manifest,
    note,
    read_manifest,
)
from rowkeeper.core.journal.segments import SEALED as SEALED_NAME
from rowkeeper.core.journal.segments import SUFFIX, Finding, examine, is_own, segments_in


def losses(folder: Path) -> list[Finding]:
    """What is missing from ``folder`` or has another size: cheap, since no segment is read."""
    known = read_manifest(folder)
    return [*known.findings, *_missing(folder, known)]


def check(folder: Path) -> list[Finding]:
    """Read the whole journal and hold each line, segment and kept load to what was written.

    Nothing is written. Raises ``NewerVersionError``.
    """
    known = read_manifest(folder)
    found = [*known.findings, *_missing(folder, known)]
    held = {finding.path for finding in found}
    for path in [*sealed_segments(folder).values(), *segments_in(folder / "open")]:
        findings = examine(path).findings
        found = [item for item in found if item.path != path or not findings]
        found += findings
    for load in kept_files.loads(folder):
        wanted = known.entries.get(f"{LOADS}/{load.name}")
        found += kept_files.examine_load(load, wanted)
    found += [item for item in _unlisted(folder, known) if item.path not in held]
    return found


def adopt(folder: Path) -> None:
    """List what a writer that was killed at its end, or a lost list, left unlisted."""
    known = read_manifest(folder)
    note(
        folder,
        *(
            Entry(f"{SEALED}/{path.name}", path.stat().st_size)
            for path in sealed_segments(folder).values()
            if f"{SEALED}/{path.name}" not in known.entries and SEALED_NAME.fullmatch(path.stem)
        ),
    )
    kept_files.adopt(folder)


def strangers(folder: Path) -> list[Path]:
    """What lies among segments and kept loads and is not ours: it is neither read nor moved."""
    found = [
        path for sub in (SEALED, "open") for path in _within(folder / sub) if not _is_segment(path)
    ]
    found += [
        path for path in _within(folder / LOADS) if not is_own(path.name.removesuffix(".part"))
    ]
    return sorted(found)


def _within(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _is_segment(path: Path) -> bool:
    return path.suffix in (SUFFIX, ".new") and is_own(
        path.name.split(SUFFIX)[0].removesuffix(".new")
    )


def _missing(folder: Path, known: Manifest) -> list[Finding]:
    found = []
    for entry in known.entries.values():
        path = folder / entry.path
        if entry.path.startswith(f"{LOADS}/"):
            if not path.is_dir():
                words = "this kept load is missing: what an ingest read is not here to load again"
                found.append(Finding(path, None, words))
        elif not path.is_file():
            sealed = SEALED_NAME.fullmatch(path.stem)
            events = f"{sealed['events']} events" if sealed else "events"
            found.append(Finding(path, None, f"this sealed segment is missing, with {events}"))
        elif entry.size_bytes != (size := path.stat().st_size):
            words = f"it has {size} bytes, and {entry.size_bytes} were sealed"
            found.append(Finding(path, None, words))
    return found


def _unlisted(folder: Path, known: Manifest) -> list[Finding]:
    """Sealed segments that the list does not know: it was cut or lost, or a writer was killed."""
    paths = [path for path in sealed_segments(folder).values() if SEALED_NAME.fullmatch(path.stem)]
    words = f"{NAME} does not list it: the list was cut, or its writer was killed; a run lists it"
    return [
        Finding(path, None, words, lost=False)
        for path in paths
        if f"{SEALED}/{path.name}" not in known.entries
    ]
