"""What is in the store or in the data folder and belongs to no asset."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rowkeeper.core.disk.known import KnownFiles
from rowkeeper.core.disk.names import placeholder
from rowkeeper.core.disk.stored import is_plain
from rowkeeper.core.fixity import ASIDE
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store

OBJECTS = """
select object_key, max(is_held) as is_held, min(is_needless) as is_needless from (
    select legacy_object_key as object_key, 1 as is_held, 0 as is_needless
    from {state}.asset_states where legacy_object_key is not null
    union all
    select object_key, case when store = ? then 1 else 0 end, 0
    from {state}.asset_copies where object_key is not null
    union all
    select places.object_key, 0,
        case when assets.archived_by = 'rowkeeper' and assets.store = ? then 1 else 0 end
    from {schema}.object_places as places
    left join {state}.asset_states as assets on places.asset_id = assets.asset_id
    where places.event_type = 'uploaded' and places.store = ?
) as known
group by object_key
"""
FILES = """
select path from (
    select coalesce(local_path, lost_path) as path, data_folder
    from {state}.asset_copies
    union all
    select cast(details as json) ->> 'text_path', data_folder
    from {state}.asset_copies
) as known
where path is not null and coalesce(data_folder, ?) = ?
"""
REMOVE = "remove it, if no run is under way: rowkeeper wrote it, and its asset has another"
KEEP = "keep it: nothing here tells whose it is"
"""Advice to remove is for what events say we wrote and no asset needs, and for nothing else."""
SET_ASIDE = ("set aside as damaged", "look at it, then remove it")
_SET_ASIDE = re.compile(rf"{ASIDE}/[0-9a-f]{{16}}/(?P<was>.+)")
"""By rowkeeper: below the head of its SHA-256, under the name that it had."""


class RecordedObject(NamedTuple):
    """An object that the tables know: whether the open store should have it, and whether it is an
    earlier object of an asset that has another there now."""

    object_key: str
    is_held: int
    is_needless: int


@dataclass(frozen=True)
class Orphan:
    """``place``: file or object. ``path``: relative to the data folder, or the object's URL."""

    place: str
    path: str
    size_bytes: int
    reason: str
    next_step: str


def find_orphans(context: Context, store: "Store") -> list[Orphan]:
    """Raises ``StoreError`` if the store can't be listed."""
    with connect(context.target) as warehouse:
        objects = list(_objects(warehouse, store))
        files = list(_files(warehouse, context.settings.data_dir))
    return sorted([*objects, *files], key=lambda orphan: (orphan.place, orphan.path))


def _objects(warehouse: Warehouse, store: "Store") -> Iterator[Orphan]:
    objects = warehouse.records(RecordedObject, OBJECTS, [store.root] * 3)
    known = {item.object_key: item for item in objects}
    held = store.known(store.key_of(item.object_key) for item in objects if item.is_held)
    for entry in store.entries():
        stored = store.stored(entry.key, existed=True)
        ours = known.get(stored.object_key)
        if entry.key in held or (ours and ours.is_held):
            continue
        aside = _SET_ASIDE.fullmatch(entry.key)
        if aside and store.stored(aside["was"], existed=True).object_key in known:
            reason, step = SET_ASIDE
        elif ours and ours.is_needless:
            reason, step = "an earlier object of an asset that has another now", REMOVE
        elif ours:
            reason, step = "an asset had it, and has no other here", "keep it until one is archived"
        else:
            reason, step = "no asset has it", KEEP
        yield Orphan("object", stored.cloud_url, entry.size_bytes, reason, step)


def _files(warehouse: Warehouse, data_dir: Path) -> Iterator[Orphan]:
    from downloaders.files import root_of
    from downloaders.sidecar import sidecar_path

    ours = folder_id(data_dir)
    paths = warehouse.column(FILES, [ours, ours])
    media = {data_dir / path for path in paths if is_plain(path)}
    names = {path.name for path in media}
    known = media | {sidecar_path(path) for path in media}
    known |= {placeholder(path) for path in known if not path.exists()}
    held = KnownFiles(data_dir, (path.relative_to(data_dir).as_posix() for path in known))
    root = root_of(data_dir)
    for path in sorted(root.rglob("*")):
        if path in known or not path.is_file() or path.is_relative_to(root / ".partial"):
            continue
        name = path.relative_to(data_dir).as_posix()
        if name in held:
            continue
        aside = _SET_ASIDE.fullmatch(path.relative_to(root).as_posix())
        if aside and aside["was"] in names:
            reason, step = SET_ASIDE
        else:
            reason, step = "no asset has it", KEEP
        yield Orphan("file", name, path.stat().st_size, reason, step)
