"""Where assets' bytes are, of each version, read again: each place once, an event for each copy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.archive.stores import is_others, said_of
from rowkeeper.archive.work import StoreWork
from rowkeeper.core import clock
from rowkeeper.core.disk.names import KEPT_ELSEWHERE, evicted
from rowkeeper.core.disk.presence import require
from rowkeeper.core.disk.stored import stored_path
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, TransferError
from rowkeeper.core.events import Asset, EventType
from rowkeeper.core.fixity import Content, Damage, content_of, damage
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.progress import Progress
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store

FILE, OBJECT = "file", "object"
CHUNK = 1 << 20
EVENTS = {
    FILE: (EventType.FILE_VERIFIED, EventType.FILE_LOST),
    OBJECT: (EventType.OBJECT_VERIFIED, EventType.OBJECT_LOST),
}
COPIES = """
with copies as (
    select
        asset_id,
        'file' as place,
        coalesce(local_path, lost_path) as path,
        coalesce(data_folder, ?) as where_it_is,
        sha256,
        size_bytes,
        last_attempt as attempt,
        file_checks + 1 as number,
        file_checked_at as checked_at,
        lost_path is not null as is_lost
    from {state}.asset_copies
    where coalesce(local_path, lost_path) is not null
    union all
    select
        asset_id,
        'object',
        object_key,
        store,
        sha256,
        size_bytes,
        object_attempt,
        object_checks + 1,
        object_checked_at,
        not is_archived
    from {state}.asset_copies
    where object_key is not null
)
select
    copies.*,
    assets.person_row_id as row_id,
    assets.provider,
    assets.media_id,
    assets.asset_kind
from copies
inner join {state}.asset_states as assets on copies.asset_id = assets.asset_id
order by copies.place, copies.path, copies.asset_id, copies.attempt
"""


@dataclass(frozen=True)
class Copy(Asset):
    """What one asset has in a place. ``number`` counts the checks of it, this one included.

    ``is_lost``: the last check found other bytes, or none.
    """

    content: Content
    attempt: int
    number: int
    checked_at: datetime | None
    is_lost: bool = False


@dataclass(frozen=True)
class CopyPlace:
    """A file, its path relative to the data folder, or an object and its key."""

    kind: str
    path: str
    copies: tuple[Copy, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.kind, self.path

    @property
    def name(self) -> str:
        """The same in words."""
        return f"{self.kind} {self.path}"

    def is_due(self, days: float) -> bool:
        """Has one of its copies not been checked for so many days?

        A check that is yet to come was told by a clock that was ahead: nobody knows when it was.
        """
        now = clock.now()
        since = now - timedelta(days=days)
        return any(
            copy.checked_at is None or not since <= copy.checked_at <= now for copy in self.copies
        )


@dataclass(frozen=True)
class LostPlace:
    """An asset's place that has lost its bytes."""

    place: str
    path: str
    asset_id: str
    row_id: str
    asset_kind: str
    error_code: str


@dataclass(frozen=True)
class LostCopy(LostPlace):
    """A copy that is not as it was recorded."""

    error_message: str


@dataclass
class Report:
    """What a check found. ``unread``: place -> why it could not be read now."""

    places: dict[str, int] = field(default_factory=lambda: {FILE: 0, OBJECT: 0})
    size_bytes: int = 0
    losses: list[LostCopy] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def find_places(
    context: Context, store: "Store"
) -> tuple[list[CopyPlace], dict[str, int], list[str]]:
    """The places that can be read from here, and how many are in each other folder or store.

    At last those of the other stores that could be opened from here instead.
    """
    ours = {FILE: folder_id(context.settings.data_dir), OBJECT: store.root}
    with connect(context.target) as warehouse:
        rows: list[dict[str, Any]] = warehouse.records(dict, COPIES, [ours[FILE]])
    copies_at: dict[tuple[str, str], list[Copy]] = {}
    elsewhere: dict[str, int] = {}
    closed = set()
    for row in rows:
        kind, path, where = row.pop("place"), row.pop("path"), row.pop("where_it_is")
        if where == ours[kind]:
            content = Content(row.pop("sha256"), row.pop("size_bytes"))
            copies_at.setdefault((kind, path), []).append(Copy(content=content, **row))
        else:
            name = said_of(context, where) if kind == OBJECT else f"the data folder {where}"
            elsewhere[name] = elsewhere.get(name, 0) + 1
            if kind == OBJECT and not is_others(context, where):
                closed.add(name)
    found_here = [CopyPlace(*key, tuple(copies)) for key, copies in copies_at.items()]
    return found_here, elsewhere, sorted(closed)


def owners_of(places: list[CopyPlace]) -> dict[str, str]:
    """SHA-256 -> the asset that it was recorded of, in words."""
    return {
        copy.content.sha256: f"{copy.asset_kind} {copy.asset_id} of row {copy.row_id}"
        for place in places
        for copy in place.copies
    }


@dataclass
class FixityCheck(StoreWork):
    """Reads places on many threads and reports each copy by an event.

    ``owners``: as of :func:`owners_of`.
    """

    owners: Mapping[str, str] = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    def run(self, places: list[CopyPlace]) -> Report:
        """Raises ``StoreError`` if the store gives no answer; what was read stays said."""
        self.shown.expect(sum(len(place.copies) for place in places))
        self.each(places, self._one, "verify")
        return self.report

    def _one(self, place: CopyPlace) -> None:
        for copy in place.copies:
            self.shown.update(Progress(copy, "running"))
        try:
            content = self._read(place)
        except (RetryLaterError, NeedsPersonError) as error:
            self.store.complain(error)
            with self.lock:
                self.report.unread[place.name] = str(error)
            return
        for copy in place.copies:
            self._tell(place, copy, content)
        with self.lock:
            self.report.places[place.kind] += 1
            self.report.size_bytes += content.size_bytes if content else 0

    def _read(self, place: CopyPlace) -> Content | None:
        """What is in ``place`` now; None for nothing."""
        self.stop.check()
        if place.kind == FILE:
            return self._read_file(stored_path(self.context.settings.data_dir, place.path))
        try:
            return content_of(self.stop.watched(self.store.read(self.store.key_of(place.path))))
        except TransferError as error:
            if error.code == "object_missing":
                return None
            raise

    def _read_file(self, path: Path) -> Content | None:
        try:
            with path.open("rb") as file:
                return content_of(self.stop.watched(iter(lambda: file.read(CHUNK), b"")))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            if evicted(path):
                raise RetryLaterError("kept_elsewhere", KEPT_ELSEWHERE) from None
            require(path)
            return None
        except OSError as error:
            words = f"The file can't be read: {error.strerror}."
            raise RetryLaterError("local_io", words) from None

    def _tell(self, place: CopyPlace, copy: Copy, content: Content | None) -> None:
        judged = (
            (Damage.MISSING, "Nothing is there.")
            if content is None
            else damage(content, copy.content, self.owners)
        )
        verified, lost = EVENTS[place.kind]
        code = f"{place.kind}_{judged[0]}" if judged else None
        message = judged[1] if judged else None
        self.tell(
            copy,
            lost if judged else verified,
            attempt=copy.attempt,
            sha256=content.sha256 if content else None,
            size_bytes=content.size_bytes if content else None,
            store=self.store.root if place.kind == OBJECT else None,
            object_key=place.path if place.kind == OBJECT else None,
            local_path=place.path if place.kind == FILE else None,
            error_code=code,
            error_message=message,
            details={"check": copy.number},
        )
        if judged:
            facts = (copy.asset_id, copy.row_id, copy.asset_kind, str(code), str(message))
            with self.lock:
                self.report.losses.append(LostCopy(place.kind, place.path, *facts))
        state = "lost" if judged else "verified"
        size = content.size_bytes if content else 0
        self.shown.update(
            Progress(copy, state, size, size, f"{place.path}: {message}" if judged else "")
        )
