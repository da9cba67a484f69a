"""``rowkeeper store move``: copies within the store, verified; then the tables say the new key."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rowkeeper.archive.rekey import Move, Pointer, find_pointers, plan
from rowkeeper.archive.work import StoreWork, at_work
from rowkeeper.core.disk.stored import asset_path
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, TransferError
from rowkeeper.core.fixity import content_of, md5_of
from rowkeeper.core.progress import Progress, Reporter
from rowkeeper.core.text import harmless
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from uploaders.base import Store

LEFT_BEHIND = """
with moved as (
    select distinct asset_id, row_id, sha256, size_bytes, moved_from as old_key
    from {schema}.object_places
    where event_type = 'uploaded' and store = ?
)
select moved.old_key, moved.row_id, moved.size_bytes, current.object_key
from moved
inner join {state}.asset_copies as current
    on moved.asset_id = current.asset_id and moved.sha256 = current.sha256
where moved.old_key is not null and current.is_archived and current.store = ?
    and moved.old_key not in (
        select object_key from {state}.asset_copies where object_key is not null
        union all
        select object_key from {state}.asset_states
        where archived_by = 'legacy' and object_key is not null
    )
order by moved.old_key, current.object_key
"""


class LeftBehind(NamedTuple):
    """The old object of an asset whose object was copied to another key."""

    old_key: str
    row_id: str
    size_bytes: int
    object_key: str


@dataclass
class MovedObjects:
    """What was done, in objects. ``planned``: by a dry run; ``failures``: key -> why."""

    planned: list[Move] = field(default_factory=list)
    moved: int = 0
    removed: int = 0
    size_bytes: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def move_objects(
    context: Context, reporter: Reporter, selection: Selection, template: str, dry_run: bool
) -> MovedObjects:
    """Give the selected people's objects the keys of a checked template.

    Where one of an object's assets is selected, all of them move with it. Interrupted and called
    again it goes on. Under the run's lock. Raises ``StoreError``.
    """
    store = open_known(context)
    with at_work(context, reporter, "move", "Moving", dry_run, store) as work:
        moves = [
            move
            for move in plan(find_pointers(context, store), template)
            if selection.of([pointer.request for pointer in move.pointers])
        ]
        if dry_run:
            return MovedObjects(planned=moves)
        if moves:
            store.check()
        work.session.new({item.request.asset_id for move in moves for item in move.pointers})
        work.shown.expect(len(moves))
        mover = _Mover(context, store, work.session.session_id, work.emit, work.shown)
        mover.each(moves, mover.one, "move")
    return mover.done


@dataclass
class _Mover(StoreWork):
    done: MovedObjects = field(default_factory=MovedObjects)

    def one(self, move: Move) -> None:
        """Move one object; the tables are told when its copy was verified."""
        size = move.content.size_bytes
        self.shown.update(Progress(move.owner, "running", 0, size))
        try:
            key = self._settle(move)
        except TransferError as error:
            self.store.complain(error)
            with self.lock:
                self.done.failures[move.source] = str(error)
            self.shown.update(
                Progress(move.owner, "failed", message=harmless(f"{move.source}: {error}"))
            )
            return
        for pointer in move.pointers:
            self._repoint(pointer, key)
        with self.lock:
            self.done.moved += 1
            self.done.size_bytes += size
        self.shown.update(Progress(move.owner, "moved", size, size))

    def _settle(self, move: Move) -> str:
        """The key at which a verified object is now: copied there, or there already."""
        from uploaders.layout import key_apart

        for key in (move.target, key_apart(move.target, move.owner.asset_id)):
            self.stop.check()
            there = self._same(key, move)
            copied = there is None and self.store.copy(move.source, key)
            if there or (there is None and self._same(key, move)):
                return key
            if copied:
                self.store.remove(key)
                words = "its bytes are not what was recorded: rowkeeper verify"
                raise NeedsPersonError("object_differs", words)
        raise NeedsPersonError("object_differs", "other objects have its new key: move them away")

    def _same(self, key: str, move: Move) -> bool | None:
        """Has ``key`` the bytes? By a hash of the store's, else by reading; None for nothing."""
        facts, content = self.store.describe(key), move.content
        if facts is None or facts.size_bytes != content.size_bytes:
            return None if facts is None else False
        if facts.sha256 is not None:
            return facts.sha256 == content.sha256
        if facts.md5 is not None and facts.md5 == self._local_md5(move):
            return True
        stored = content_of(self.store.read(key))
        if stored.size_bytes != content.size_bytes:
            raise RetryLaterError("truncated", "the store did not give all of it")
        return stored == content

    def _local_md5(self, move: Move) -> str | None:
        """The MD5 of the file, if it is here and whole."""
        with suppress(NeedsPersonError):  # the path is an object's key, where no file is here
            path = asset_path(self.context.settings.data_dir, move.owner.path.as_posix())
            return md5_of(path, move.content)
        return None

    def _repoint(self, pointer: Pointer, key: str) -> None:
        from uploaders.outcomes import uploaded_event

        stored = self.store.stored(key, existed=True)
        old = self.store.stored(pointer.key, existed=True)
        event = uploaded_event(self.store, pointer.request, stored, self.session_id)
        self.emit(replace(event, details=event.details | {"moved_from": old.object_key}))


def remove_old(context: Context, reporter: Reporter, selection: Selection) -> int:
    """Delete the objects that moves left behind and that no asset has any more; their number.

    Only where the tables know the new place and the store has it. Under the run's lock.
    """
    store = open_known(context)
    with connect(context.target, read_only=True) as warehouse:
        objects = warehouse.records(LeftBehind, LEFT_BEHIND, [store.root, store.root])
    removed = 0
    with reporter.display("Removing"):
        for old_key, group in groupby(objects, key=lambda item: item.old_key):
            removed += _remove(store, selection, store.key_of(old_key), list(group))
    return removed


def _remove(store: "Store", selection: Selection, key: str, objects: list[LeftBehind]) -> bool:
    if not any(selection.has(item.row_id) for item in objects) or store.describe(key) is None:
        return False
    for item in objects:
        facts = store.describe(store.key_of(item.object_key))
        if facts is None or facts.size_bytes != item.size_bytes:
            return False
    store.remove(key)
    return True
