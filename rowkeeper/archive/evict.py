"""Local files that the archive makes needless: removed once their bytes are verified in the store.

The event comes first, then the file goes. A run that is killed between the two leaves a file that
is told of as dropped; the next one removes it.
"""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from rowkeeper.archive.work import StoreWork, in_session
from rowkeeper.core.disk.stored import asset_path
from rowkeeper.core.errors import NeedsPersonError, TransferError
from rowkeeper.core.events import Asset, EventType
from rowkeeper.core.fixity import Content
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.paths import sha256_file
from rowkeeper.core.progress import Progress, Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.store_identity import identify

PENDING = """
select
    cast(pending.asset_id as text) as asset_id, pending.person_row_id as row_id, pending.provider,
    pending.media_id, pending.asset_kind, pending.attempt, pending.local_file_path as path,
    pending.data_folder, pending.sha256, pending.file_size_bytes as size_bytes, pending.store,
    pending.object_key, pending.object_attempt, versions.object_checks + 1 as object_check,
    cast(versions.details as json) ->> 'text_path' as text_path
from {state}.pending_drops as pending
inner join {state}.asset_copies as versions
    on cast(pending.asset_id as text) = versions.asset_id and pending.sha256 = versions.sha256
where coalesce(pending.data_folder, ?) = ? and pending.store = ? and (pending.is_temporary or ?)
order by pending.local_file_path, pending.asset_id
"""
LEFT_OVER = """
select dropped_path, sha256, size_bytes, text_path from {state}.unfinished_drops
where coalesce(data_folder, ?) = ?
"""


class LeftOver(NamedTuple):
    """A file that is told of as dropped and may still be there."""

    dropped_path: str
    sha256: str
    size_bytes: int
    text_path: str | None


@dataclass(frozen=True)
class Kept(Asset):
    """An asset whose file may go. ``data_folder`` is what its download told."""

    attempt: int
    path: str
    data_folder: str | None
    sha256: str
    size_bytes: int
    store: str
    object_key: str
    object_attempt: int
    object_check: int
    text_path: str | None


def evict_files(context: Context, reporter: Reporter, selection: Selection, *, every: bool) -> int:
    """Remove this data folder's files that the store has, and count them.

    All that are archived, or those alone that were only made to be archived. A file goes when it
    still is what was recorded and the store says that it has those bytes now; an object that is not
    there is reported as lost. Raises ``StoreError``.
    """
    from uploaders.registry import open_store

    store, ours = open_store(context.settings), folder_id(context.settings.data_dir)
    with connect(context.target) as warehouse:
        rows = warehouse.records(Kept, PENDING, [ours, ours, store.root, every])
        left_over = warehouse.records(LeftOver, LEFT_OVER, [ours, ours])
    if left_over or rows:
        identify(context, store, mark=True)  # what goes here is there, in a store that is known
    for file in left_over:
        content = Content(file.sha256, file.size_bytes)
        _finish(context.settings.data_dir, file.dropped_path, content, file.text_path)
    by_path = groupby(rows, key=lambda item: item.path)
    files = [items for _, group in by_path if selection.of(items := list(group)) == items]
    if not files:
        return 0
    store.check()
    with in_session(context, reporter, "drop", "Evicting") as work:
        work.session.new({item.asset_id for items in files for item in items})
        work.shown.expect(len(files))
        evictions = _Evictions(context, store, work.session.session_id, work.emit, work.shown)
        evictions.each(files, evictions.one, "drop")
    return evictions.dropped


def remove_file(data_dir: Path, path: str, text_path: str | None) -> None:
    """Remove a file, its sidecar and its plain words. Raises ``OSError``, and
    ``NeedsPersonError``, with nothing removed, if a path is none of an asset's."""
    from downloaders.sidecar import sidecar_path

    place = asset_path(data_dir, path)
    words = [asset_path(data_dir, text_path)] if text_path else []
    for beside in (place, sidecar_path(place), *words):
        beside.unlink(missing_ok=True)


def _finish(data_dir: Path, path: str, content: Content, text_path: str | None) -> None:
    """Remove what a killed run has told of as dropped, if it is still the same."""
    try:
        if Content(*sha256_file(asset_path(data_dir, path))) == content:
            remove_file(data_dir, path, text_path)
    except FileNotFoundError:
        remove_file(data_dir, path, text_path)
    except (OSError, TransferError):
        return  # it stays; verify lists it


@dataclass
class _Evictions(StoreWork):
    dropped: int = 0

    def one(self, items: list[Kept]) -> None:
        """Drop one file for all assets that have it."""
        first = items[0]
        self.shown.update(Progress(first, "running", 0, first.size_bytes))
        try:
            self._check(items)
            for item in items:
                self.tell(
                    item,
                    EventType.FILE_DROPPED,
                    attempt=item.attempt,
                    details=_folder_of(item),
                    local_path=item.path,
                )
            remove_file(self.context.settings.data_dir, first.path, first.text_path)
        except (TransferError, OSError) as error:
            if isinstance(error, TransferError):
                self.store.complain(error)
            self.shown.update(Progress(first, "kept", message=f"{first.path}: {error}"))
        else:
            with self.lock:
                self.dropped += 1
            self.shown.update(Progress(first, "dropped", first.size_bytes, first.size_bytes))

    def _check(self, items: list[Kept]) -> None:
        """Raise unless the file is as recorded and each object of it is there."""
        self.stop.check()
        folder, first = self.context.settings.data_dir, items[0]
        place = asset_path(folder, first.path)
        if first.text_path:
            asset_path(folder, first.text_path)
        content = Content(*sha256_file(place))
        if any(content != Content(item.sha256, item.size_bytes) for item in items):
            words = "the file is not what was recorded: run rowkeeper verify"
            raise NeedsPersonError("local_file_changed", words)
        for item in items:
            self._check_object(item, place)

    def _check_object(self, item: Kept, place: Path) -> None:
        from uploaders.values import Held, UploadRequest

        request = UploadRequest(
            **item.identity(), path=place, sha256=item.sha256, size_bytes=item.size_bytes
        )
        held = self.store.held(request, self.store.key_of(item.object_key))
        if held is Held.SAME:
            return
        code = "object_missing" if held is Held.NOTHING else "object_changed"
        words = "the store does not have its bytes any more; the next run archives them again"
        self.tell(
            item,
            EventType.OBJECT_LOST,
            attempt=item.object_attempt,
            details={"check": item.object_check},
            store=item.store,
            object_key=item.object_key,
            error_code=code,
            error_message=words,
        )
        raise NeedsPersonError(code, words)


def _folder_of(item: Kept) -> dict[str, Any]:
    """Which data folder the download named: the drop is of the file in that one."""
    return {} if item.data_folder is None else {"data_folder": item.data_folder}
