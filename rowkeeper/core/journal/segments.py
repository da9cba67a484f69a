"""Segments of the journal: how a file, by its lines and its name, says that it is whole.

A sealed segment has how many events it holds and its SHA-256 in its name.
Segments of format 1 have neither and are named by their id alone.
"""

import hashlib
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from rowkeeper.core.disk.own import read_file
from rowkeeper.core.errors import NewerVersionError
from rowkeeper.core.event_values import EventValueError, check_values
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.ids import UUID
from rowkeeper.core.journal.lines import SumBudget, unchecked, whole_in

SUFFIX = ".jsonl"
OPEN = "-open"
SEALED = re.compile(r"(?P<id>.+)-(?P<events>\d+)-(?P<sha256>[0-9a-f]{32})")
OWN = re.compile(rf"{UUID.pattern}(?:{OPEN}|-\d+-[0-9a-f]{{32}})?")
NUMBER = re.compile(rb',"_line":([1-9][0-9]{0,17})$')
ASSET = re.compile(rb'"asset_id":"([0-9a-f-]{36})"')
ROW = re.compile(rb'"row_id":"([^"\\]{1,100})"')


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written: where, what it means, and whom it concerns.

    ``line`` counts from 1; None: the file as a whole. ``lost``: could an event be lost by it? The
    ids are what can still be read of a damaged line; without any, it could be about every asset.
    """

    path: Path
    line: int | None
    words: str
    asset_ids: frozenset[str] = frozenset()
    row_ids: frozenset[str] = frozenset()
    lost: bool = True

    def __str__(self) -> str:
        where = f"{self.path}, line {self.line}" if self.line else str(self.path)
        return f"{where}: {self.words}"


@dataclass
class Segment:
    """What a segment's file holds: every whole event, and all that is not as it was written.

    ``torn`` are the bytes of a last line that was never acknowledged: its writer was killed.
    """

    path: Path
    events: list[AssetEvent] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    torn: bytes = b""
    last_number: int = 0
    sha256: str = ""


def is_own(stem: str) -> bool:
    """May ``stem`` be a name that a segment or a kept load was given here?

    People, systems and sync services give others: ``notes``, ``._x``, ``x (conflicted copy)``.
    """
    return OWN.fullmatch(stem) is not None


def segments_in(folder: Path) -> list[Path]:
    """The segments right below ``folder``, by name; no link, and no other name, is ours."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as found:  # years of segments: no look at each, and no paths to sort
        names = [
            item.name
            for item in found
            if item.name.endswith(SUFFIX)
            and is_own(item.name.removesuffix(SUFFIX))
            and not item.is_symlink()
        ]
    return [folder / name for name in sorted(names)]


def segment_id(path: Path) -> str:
    """The id of a segment, whatever state its name tells of."""
    sealed = SEALED.fullmatch(path.stem)
    return sealed["id"] if sealed else path.stem.removesuffix(OPEN)


def is_old(path: Path) -> bool:
    """Is it a segment of format 1, without checksums?"""
    return not path.stem.endswith(OPEN) and SEALED.fullmatch(path.stem) is None


def sealed_name(identity: str, events: int, sha256: str) -> str:
    """The file name of a sealed segment; ``sha256`` is the whole hash, lower-case hex."""
    return f"{identity}-{events}-{sha256[:32]}{SUFFIX}"


def examine(path: Path) -> Segment:
    """Read a segment of any format; what can't be read of it is a finding.

    Raises ``NewerVersionError``, and ``OSError`` where this user may not read or it is gone.
    """
    try:
        return _examine_old(path) if is_old(path) else _examine(path)
    except (PermissionError, FileNotFoundError):
        raise
    except OSError as error:
        words = f"it can't be read ({error.strerror}), so its events are lost"
        return Segment(path, findings=[Finding(path, None, words)])


def believed(path: Path) -> Segment:
    """As :func:`examine`; an event whose values no event has counts as damage, too."""
    segment = examine(path)
    kept = []
    for event in segment.events:
        try:
            check_values(event.values())
            kept.append(event)
        except EventValueError as error:
            words = f"no rowkeeper wrote the event {event.event_id} ({error}): it is not believed"
            assets, rows = ({str(value)} for value in (event.asset_id, event.row_id))
            segment.findings.append(Finding(path, None, words, frozenset(assets), frozenset(rows)))
    segment.events = kept
    return segment


def _examine(path: Path) -> Segment:
    segment, digest, expected, work = Segment(path), hashlib.sha256(), 1, SumBudget()
    sure = True  # is ``expected`` the number of the next line?
    with read_file(path) as file:
        for place, line in enumerate(file, 1):
            digest.update(line)
            body = unchecked(line)
            records = [body] if body is not None else list(whole_in(line, work))
            if body is None or not line.endswith(b"\n"):
                _judge(segment, place, line, len(records))
                sure = False
            for record in records:
                try:
                    number, event = _event(path, place, record)
                except ValueError as error:
                    segment.findings.append(_no_event(path, place, line, error))
                    sure = False
                    continue
                if number < expected or (sure and number > expected):
                    segment.findings.append(Finding(path, place, _misplaced(expected, number)))
                segment.events.append(event)
                segment.last_number = max(segment.last_number, number)
                expected, sure = number + 1, True
    segment.sha256 = digest.hexdigest()
    _hold_to_name(segment)
    return segment


def _judge(segment: Segment, place: int, line: bytes, whole: int) -> None:
    """A line that is not one whole record with its end."""
    is_last = not line.endswith(b"\n")
    if is_last and segment.path.stem.endswith(OPEN) and (not whole or unchecked(line) is not None):
        segment.torn = b"" if whole else line
    elif whole:
        words = "bytes beside its event are damaged; the event is whole"
        segment.findings.append(Finding(segment.path, place, words, lost=False))
    else:
        segment.findings.append(_unreadable(segment.path, place, line))


def _misplaced(expected: int, number: int) -> str:
    if number < expected:
        return f"event {number} stands where event {expected} belongs: it was moved or repeated"
    gone = (
        f"event {expected} is"
        if number == expected + 1
        else f"events {expected} to {number - 1} are"
    )
    return f"before it, {gone} missing"


def sealed_events(segment: Segment) -> int | None:
    """How many events were sealed in a segment: by its name, unless its bytes are still those that
    were sealed. None for one whose name doesn't say."""
    sealed = SEALED.fullmatch(segment.path.stem)
    if sealed is None:
        return None
    is_whole = segment.sha256.startswith(sealed["sha256"])
    return segment.last_number if is_whole else int(sealed["events"])


def _hold_to_name(segment: Segment) -> None:
    sealed = SEALED.fullmatch(segment.path.stem)
    if sealed is None:
        return
    wanted = int(sealed["events"])
    if segment.sha256.startswith(sealed["sha256"]):
        if segment.last_number != wanted:
            words = (
                f"its name says {wanted} events, and all {segment.last_number} that were sealed "
                "are whole: it was renamed"
            )
            segment.findings.append(Finding(segment.path, None, words, lost=False))
        return
    if segment.last_number < wanted:
        words = (
            f"it is cut: {wanted} events were sealed and {len(segment.events)} of them are whole"
        )
        segment.findings.append(Finding(segment.path, segment.last_number + 1, words))
    elif not segment.findings:
        words = "it has other bytes than were sealed, though its events are whole"
        segment.findings.append(Finding(segment.path, None, words, lost=False))


def read_event(body: bytes) -> tuple[int, AssetEvent]:
    """The number and the event of a record whose checksum fits. Raises as ``from_json``."""
    number = NUMBER.search(body)
    if number is None:
        raise ValueError("no line number")
    return int(number[1]), AssetEvent.from_json((body[: number.start()] + b"}").decode())


def _event(path: Path, place: int, body: bytes) -> tuple[int, AssetEvent]:
    """The same; whoever is told that it is of a newer version is told where it stands."""
    try:
        return read_event(body)
    except NewerVersionError as error:
        raise NewerVersionError(f"{path}, line {place}: {error}") from None


def _no_event(path: Path, place: int, line: bytes, error: ValueError) -> Finding:
    """A line with the checksum of one of ours that is no event."""
    words = f"no rowkeeper wrote this event ({str(error)[:100]}): it is not believed"
    return replace(_unreadable(path, place, line), words=words)


def _examine_old(path: Path) -> Segment:
    """A segment of format 1: what is no event is damaged, but for a last line without its end."""
    segment = Segment(path)
    with read_file(path) as file:
        for place, line in enumerate(file, 1):
            if (body := unchecked(line)) is not None:
                try:
                    segment.events.append(_event(path, place, body)[1])
                except ValueError as error:
                    segment.findings.append(_no_event(path, place, line, error))
                    continue
                words = "it has a checksum, so the file has lost the name that it was sealed under"
                segment.findings.append(Finding(path, place, words, lost=False))
                continue
            try:
                segment.events.append(AssetEvent.from_json(line.decode()))
            except ValueError as error:
                if line.endswith(b"\n"):
                    lost = _unreadable(path, place, line)
                    words = f"it is no event ({error}); damaged, or written by a newer rowkeeper"
                    segment.findings.append(replace(lost, words=words))
                else:
                    segment.torn = line
    return segment


def _unreadable(path: Path, place: int, line: bytes) -> Finding:
    """A line whose event is lost."""
    words = "its checksum does not fit, so its event can't be trusted"
    if not line.endswith(b"\n"):
        words = "it is cut off, so its event is lost"
    assets = frozenset(item.decode() for item in ASSET.findall(line))
    rows = frozenset(item.decode("utf-8", "replace") for item in ROW.findall(line))
    return Finding(path, place, words, assets, rows)
