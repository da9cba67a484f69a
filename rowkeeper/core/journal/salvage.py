"""Every whole event out of a damaged journal; the damaged files are set aside, never deleted."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from rowkeeper.core.disk.names import refuse_evicted
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.ids import NAMESPACE
from rowkeeper.core.journal import kept_files
from rowkeeper.core.journal.check import (
    adopt,
    identity_findings,
    losses,
    signature,
    without_renamed,
)
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.formats import format_findings, write_formats
from rowkeeper.core.journal.journal import ASIDE, seal_abandoned, sealed_segments, write_sealed
from rowkeeper.core.journal.manifest import LOADS, NAME, note_gone, read_manifest, renew
from rowkeeper.core.journal.segments import SEALED as SEALED_NAME
from rowkeeper.core.journal.segments import Finding, Segment, believed, sealed_events, segment_id


@dataclass
class Salvaged:
    """What a salvage did.

    ``kept``: whole events of damaged segments. ``missing``: events that the journal should have had
    beside them, of which ``brought_back`` came from the warehouse. ``set_aside``: where the damaged
    files are now. ``findings``: all that was not as it was written.
    """

    kept: int = 0
    missing: int = 0
    brought_back: int = 0
    set_aside: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many events are nowhere any more."""
        return max(0, self.missing - self.brought_back)

    @property
    def row_ids(self) -> set[str]:
        """Whose assets should be verified again, as far as the damage tells."""
        return {row for finding in self.findings for row in finding.row_ids}

    @property
    def asset_ids(self) -> set[str]:
        return {asset for finding in self.findings for asset in finding.asset_ids}

    @property
    def is_certain(self) -> bool:
        """Does each finding say whom it concerns?"""
        return all(finding.row_ids for finding in self.findings if finding.lost)


def salvage(folder: Path) -> Salvaged:
    """Leave a whole journal at ``folder``: killed at any point, it may be done again.

    The caller keeps writers out. Raises ``NewerVersionError``, ``OSError``, and ``DiskError`` where
    a sync service keeps the list elsewhere.
    """
    done = Salvaged()
    refuse_evicted(folder / NAME)
    if unread := format_findings(folder):
        done.findings += unread
        write_formats(folder)
    if lost := identity_findings(folder):
        done.findings += lost
        folder_id(folder.parent)
    seal_abandoned(folder)
    here = set()
    for path in list(sealed_segments(folder).values()):
        segment = believed(path)
        here.add(signature(segment))
        if segment.findings:
            _segment(folder, segment, done)
    known = read_manifest(folder)
    for load in kept_files.loads(folder):
        wanted = known.entries.get(f"{LOADS}/{load.name}")
        if findings := list(kept_files.examine_load(load, wanted)):
            done.findings += findings
            _aside(folder, load, done)
    missing = list(without_renamed(losses(folder), here))
    sealed = [SEALED_NAME.fullmatch(item.path.stem) for item in missing if item.lost]
    done.missing += sum(int(name["events"]) for name in sealed if name)
    done.findings += missing
    note_gone(folder, *(path for path in known.entries if not (folder / path).exists()))
    renew(folder)
    adopt(folder)
    return done


def _segment(folder: Path, segment: Segment, done: Salvaged) -> None:
    """Seal the whole events of a damaged segment again, under an id that follows from them."""
    events = unique(segment.events)
    if events:
        names = "".join(event.event_id for event in events)
        identity = uuid.uuid5(NAMESPACE, segment_id(segment.path) + names)
        write_sealed(folder, str(identity), events)
    done.kept += len(events)
    sealed, unread = sealed_events(segment), sum(finding.lost for finding in segment.findings)
    done.missing += unread if sealed is None else max(0, sealed - len(events))
    done.findings += segment.findings
    _aside(folder, segment.path, done)


def unique(events: list[AssetEvent]) -> list[AssetEvent]:
    """Each event once, in their order."""
    return list({event.event_id: event for event in events}.values())


def _aside(folder: Path, path: Path, done: Salvaged) -> None:
    note_gone(folder, path.relative_to(folder).as_posix())
    make_folder(folder / ASIDE)
    place = folder / ASIDE / path.name
    number = 1
    while place.exists():
        number += 1
        place = folder / ASIDE / f"{number}-{path.name}"
    path.rename(place)
    done.set_aside.append(place)
