"""What of a journal is not as it was written: by its names and sizes alone, or read to the end."""

import stat
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from rowkeeper.core.disk.names import evicted, is_placeholder, kept_by
from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.folder_id import FOLDER_ID, known_folder, told_id
from rowkeeper.core.journal.journal import has_writer, sealed_segments
from rowkeeper.core.journal.manifest import (
    LOADS,
    NAME,
    SEALED,
    Manifest,
    ManifestEntry,
    note,
    read_manifest,
)
from rowkeeper.core.journal.segments import SEALED as SEALED_NAME
from rowkeeper.core.journal.segments import (
    SUFFIX,
    Finding,
    Segment,
    believed,
    is_own,
    segment_id,
    segments_in,
)


def losses(folder: Path) -> list[Finding]:
    """What is missing from ``folder`` or has another size: cheap, since no segment is read."""
    known = read_manifest(folder)
    return [*known.findings, *_missing(folder, known)]


def check(folder: Path) -> list[Finding]:
    """Read the whole journal and hold each line, segment and kept load to what was written.

    Nothing is written. Raises ``NewerVersionError``.
    """
    known = read_manifest(folder)
    damage = [*identity_findings(folder), *known.findings, *_missing(folder, known)]
    held = {finding.path for finding in damage}
    present = set()
    for path in [*sealed_segments(folder).values(), *segments_in(folder / "open")]:
        segment = believed(path)
        present.add(signature(segment))
        findings = [*segment.findings, *_torn(segment)]
        damage = [item for item in damage if item.path != path or not findings]
        damage += findings
    damage = list(without_renamed(damage, present))
    for load in kept_files.loads(folder):
        wanted = known.entries.get(f"{LOADS}/{load.name}")
        damage += kept_files.examine_load(load, wanted)
    damage += [item for item in _unlisted(folder, known) if item.path not in held]
    return damage


def identity_findings(folder: Path) -> list[Finding]:
    """Whether the file that says which data folder this is was lost."""
    if known_folder(folder.parent) is not None or told_id(folder) is None:
        return []
    words = "it says which data folder this is and is lost; a run writes it anew, as events tell it"
    return [Finding(folder / FOLDER_ID, None, words, lost=False)]


def signature(segment: Segment) -> tuple[str, str]:
    """Which segment it is, by its id and the bytes that it has, whatever its name says of them."""
    return segment_id(segment.path), segment.sha256[:32]


def without_renamed(
    findings: Iterable[Finding], present: Collection[tuple[str, str]]
) -> Iterable[Finding]:
    """The findings; a missing segment whose every byte is ``present`` has lost only its name."""
    for item in findings:
        sealed = SEALED_NAME.fullmatch(item.path.stem)
        if sealed and not item.path.exists() and (sealed["id"], sealed["sha256"]) in present:
            words = "this sealed segment was renamed: its events are here, whole"
            item = replace(item, words=words, lost=False)
        yield item


def _torn(segment: Segment) -> Iterable[Finding]:
    """Half a line at the end of a segment whose writer was killed; one that lives may be at it."""
    if segment.torn and not has_writer(segment.path):
        words = (
            "its last line is torn: the writer was killed before that event counted; a run seals it"
        )
        yield Finding(segment.path, None, words, lost=False)


def adopt(folder: Path) -> None:
    """List what a writer that was killed at its end, or a lost list, left unlisted.

    Not where the list itself is kept elsewhere: another one would forget what is missing.
    """
    if evicted(folder / NAME):
        return
    known = read_manifest(folder)
    note(
        folder,
        *(
            ManifestEntry(f"{SEALED}/{path.name}", path.stat().st_size)
            for path in sealed_segments(folder).values()
            if f"{SEALED}/{path.name}" not in known.entries and SEALED_NAME.fullmatch(path.stem)
        ),
    )
    kept_files.adopt(folder)


def strangers(folder: Path) -> list[Path]:
    """What lies among segments and kept loads and is not ours: it is neither read nor moved."""
    paths = [
        path
        for sub in (SEALED, "open")
        for path in _within(folder / sub)
        if not _is_segment(path) and not _is_segment(_behind(path))
    ]
    paths += [
        path for path in _within(folder / LOADS) if not is_own(path.name.removesuffix(".part"))
    ]
    return sorted(paths)


def _within(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _is_segment(path: Path) -> bool:
    return path.suffix in (SUFFIX, ".new") and is_own(
        path.name.split(SUFFIX)[0].removesuffix(".new")
    )


def _behind(path: Path) -> Path:
    """The file that the placeholder ``path`` stands for; any other path as it is."""
    return path.with_name(kept_by(path.name)) if is_placeholder(path.name) else path


def _placeholders(folder: Path) -> list[Path]:
    """The files right below ``folder`` in whose place there is a placeholder."""
    return [_behind(path) for path in _within(folder) if is_placeholder(path.name)]


def _elsewhere(folder: Path) -> list[Finding]:
    """What of the journal a sync service keeps elsewhere, listed or not."""
    segments = [path for sub in (SEALED, "open") for path in _placeholders(folder / sub)]
    kept = [path for load in kept_files.loads(folder) for path in _placeholders(load)]
    files = [folder / NAME, *filter(_is_segment, segments), *kept]
    words = "a sync service keeps it elsewhere: let it come back"
    return [Finding(path, None, words) for path in sorted(files) if evicted(path)]


def _size_of(path: Path) -> int | None:
    """The bytes of a file; None where there is none."""
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def _missing(folder: Path, known: Manifest) -> list[Finding]:
    missing: list[Finding] = []
    for entry in known.entries.values():
        path = folder / entry.path
        if entry.path.startswith(f"{LOADS}/"):
            if not path.is_dir():
                words = "this kept load is missing: what an ingest read is not here to load again"
                missing.append(Finding(path, None, words))
        elif (size := _size_of(path)) is None:
            sealed = SEALED_NAME.fullmatch(path.stem)
            events = f"{sealed['events']} events" if sealed else "events"
            missing.append(Finding(path, None, f"this sealed segment is missing, with {events}"))
        elif entry.size_bytes != size:
            words = f"it has {size} bytes, and {entry.size_bytes} were sealed"
            missing.append(Finding(path, None, words))
    known_damage = {finding.path for finding in missing}
    return [*missing, *(item for item in _elsewhere(folder) if item.path not in known_damage)]


def _unlisted(folder: Path, known: Manifest) -> list[Finding]:
    """What is whole by its name or its hashes and the list does not know: it was cut or lost, or a
    writer was killed."""
    paths = [path for path in sealed_segments(folder).values() if SEALED_NAME.fullmatch(path.stem)]
    paths += [load for load in kept_files.loads(folder) if (load / kept_files.HASHES).exists()]
    words = f"{NAME} does not list it: the list was cut, or its writer was killed; a run lists it"
    return [
        Finding(path, None, words, lost=False)
        for path in paths
        if path.relative_to(folder).as_posix() not in known.entries
    ]
