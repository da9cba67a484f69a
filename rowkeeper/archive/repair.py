"""What a run does about files that a check found lost: they come back from the archive."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rowkeeper.archive.work import StoreWork, in_session
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.disk.stored import asset_path, unlinked
from rowkeeper.core.errors import RetryLaterError, TransferError
from rowkeeper.core.events import Asset, EventType
from rowkeeper.core.fixity import ASIDE, Content
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.paths import sha256_file
from rowkeeper.core.progress import Progress, Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.store_identity import open_known

LOST_OBJECT = {"object_missing", "object_differs"}
"""The errors that say that the archive does not have the bytes either."""
LOST = """
select
    pending.asset_id, pending.person_row_id as row_id, pending.provider, pending.media_id,
    pending.asset_kind, pending.original_url as url, pending.attempt,
    pending.local_file_path as path, pending.filename, pending.mime_type, pending.sha256,
    pending.file_size_bytes as size_bytes, pending.store, pending.object_key,
    versions.details as download_details, versions.object_attempt,
    versions.object_checks + 1 as object_check, pending.is_current,
    versions.last_attempt as file_attempt, versions.file_checks + 1 as file_check
from {state}.pending_restores as pending
inner join {state}.asset_copies as versions
    on cast(pending.asset_id as text) = versions.asset_id and pending.version = versions.version
where coalesce(pending.data_folder, ?) = ?
order by pending.asset_id, pending.version
"""


@dataclass(frozen=True)
class Lost(Asset):
    """A version of an asset whose file is lost.

    ``back``: the event that tells of its return, with its ``facts``. The current version is
    downloaded anew; an older one must not become the current one, so it is verified at its place.
    """

    back: EventType
    facts: Mapping[str, Any]
    content: Content
    path: str
    store: str
    object_key: str
    object_attempt: int
    object_check: int


def repair(context: Context, reporter: Reporter, selection: Selection) -> int:
    """Bring back the lost files of this data folder that the store has, and count their assets.

    Other bytes in their place are set aside. An object that is not there or has other bytes is
    reported as lost, so that the asset is fetched again. Raises ``StoreError``.
    """
    lost = [] if selection.moves_nothing else selection.of(_lost(context))
    if not lost:
        return 0

    store = open_known(context)
    files: dict[tuple[str, str], list[Lost]] = {}
    for item in lost:
        if item.store == store.root:
            files.setdefault((item.path, item.content.sha256), []).append(item)
    with in_session(context, reporter, "restore", "Restoring") as work:
        work.session.new({item.asset_id for items in files.values() for item in items})
        work.shown.expect(sum(len(items) for items in files.values()))
        repairs = _Repair(context, store, work.session.session_id, work.emit, work.shown)
        repairs.each(files.values(), repairs.one, "restore")
    return repairs.repaired


def _lost(context: Context) -> list[Lost]:
    ours = folder_id(context.settings.data_dir)
    with connect(context.target) as warehouse:
        return warehouse.records(_item, LOST, [ours, ours])


def _item(
    asset_id: str,
    row_id: str,
    provider: str,
    media_id: str,
    asset_kind: str,
    url: str,
    attempt: int,
    path: str,
    filename: str | None,
    mime_type: str | None,
    sha256: str,
    size_bytes: int,
    store: str,
    object_key: str,
    download_details: str | None,
    object_attempt: int,
    object_check: int,
    is_current: bool,
    file_attempt: int,
    file_check: int,
) -> Lost:
    known = json.loads(download_details) if download_details else {}
    facts: dict[str, Any] = {"local_path": path, "sha256": sha256, "size_bytes": size_bytes}
    if is_current:
        back, details = EventType.DOWNLOADED, {**known, "restored_from": object_key}
        facts |= {"original_url": url, "filename": filename, "mime_type": mime_type}
    else:
        back, details = EventType.FILE_VERIFIED, {"check": file_check, "restored_from": object_key}
        attempt = file_attempt
    facts |= {"attempt": attempt, "details": details}
    content = Content(sha256, size_bytes)
    asset = (asset_id, row_id, provider, media_id, asset_kind)
    return Lost(*asset, back, facts, content, path, store, object_key, object_attempt, object_check)


@dataclass
class _Repair(StoreWork):
    repaired: int = 0

    def one(self, items: list[Lost]) -> None:
        """Bring back one file and report it for each asset that has it."""
        from uploaders.restore import restore_object

        lost, settings = items[0], self.context.settings
        self.shown.update(Progress(lost, "running", 0, lost.content.size_bytes))
        key = self.store.key_of(lost.object_key)
        try:
            place = asset_path(settings.data_dir, lost.path)
            set_aside(settings.data_dir, lost.path, lost.content)
            restore_object(self.store, key, place, lost.content, settings, self.stop)
        except TransferError as error:
            self._failed(items, error)
        else:
            for item in items:
                self.tell(item, item.back, **item.facts)
                size = item.content.size_bytes
                self.shown.update(Progress(item, "restored", size, size))
            with self.lock:
                self.repaired += len(items)

    def _failed(self, items: list[Lost], error: TransferError) -> None:
        for item in items:
            if error.code in LOST_OBJECT:
                self.tell(
                    item,
                    EventType.OBJECT_LOST,
                    attempt=item.object_attempt,
                    store=item.store,
                    object_key=item.object_key,
                    error_code=error.code,
                    error_message=str(error),
                    details={"check": item.object_check},
                )
            self.shown.update(Progress(item, "failed", message=str(error)))


def set_aside(data_dir: Path, path: str, content: Content) -> None:
    """Move what is at ``path`` below ``files/damaged``, unless it is ``content`` or nothing.

    Raises ``RetryLaterError``, and ``NeedsPersonError`` if it is no asset's path.
    """
    from downloaders.files import root_of

    place, root = asset_path(data_dir, path), root_of(data_dir)
    try:
        if not place.exists() or (present := Content(*sha256_file(place))) == content:
            return
        aside = unlinked(data_dir, root / ASIDE / present.sha256[:16] / place.name)
        make_folder(aside.parent)
        place.replace(aside)
    except OSError as error:
        words = f"{path} can't be moved away: {error.strerror}"
        raise RetryLaterError("local_io", words) from None
