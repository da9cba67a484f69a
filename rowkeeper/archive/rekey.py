"""Which objects go to which keys, when the archive gets another layout. Nothing is touched here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.core.fixity import Content
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store
    from uploaders.values import UploadRequest

ARCHIVED = """
select
    assets.asset_id, assets.person_row_id as row_id, assets.provider, assets.media_id,
    assets.asset_kind, coalesce(versions.local_path, versions.object_key) as path,
    versions.sha256, versions.size_bytes, versions.mime_type, versions.filename,
    assets.upload_attempts
    + row_number() over (partition by assets.asset_id order by versions.version) as attempt,
    people.name as person_name, assets.legacy_object_uuid as object_uuid,
    versions.version > 1 as is_new_version, versions.object_key
from {state}.asset_copies as versions
inner join {state}.asset_states as assets on versions.asset_id = assets.asset_id
left join {schema}.people as people on assets.person_row_id = people.row_id
where versions.is_archived and versions.store = ?
order by versions.sha256, assets.asset_id
"""


@dataclass(frozen=True)
class Pointer:
    """An asset and the key, as the store's methods take it, at which its verified object is."""

    request: "UploadRequest"
    key: str


@dataclass(frozen=True)
class Move:
    """A content that goes from ``source`` to ``target``, for all assets that have it.

    ``pointers``: those that are not at ``target`` yet. ``owner`` is whose key it is.
    """

    source: str
    target: str
    content: Content
    owner: "UploadRequest"
    pointers: tuple[Pointer, ...]


def find_pointers(context: Context, store: "Store") -> list[Pointer]:
    """The verified objects of ``store``, of each version, by content, then by asset."""
    from uploaders.values import UploadRequest

    def pointer(path: str, object_key: str, **facts: Any) -> Pointer:
        return Pointer(UploadRequest(path=Path(path), **facts), store.key_of(object_key))

    with connect(context.target, read_only=True) as warehouse:
        return warehouse.records(pointer, ARCHIVED, [store.root])


def plan(pointers: Iterable[Pointer], template: str) -> Iterator[Move]:
    """What is to be moved, by content, for keys by a checked template.

    A content keeps one object. It stays where one of its assets would have it; else it goes where
    the first of them would, with the asset's id added if another content has that key.
    """
    by_content = groupby(pointers, key=lambda pointer: pointer.request.sha256)
    groups = [list(group) for _, group in by_content]
    taken = {pointer.key: pointer.request.sha256 for group in groups for pointer in group}
    for group in groups:
        owner = group[0].request
        target = _target(group, template, taken)
        taken[target] = owner.sha256
        left = tuple(pointer for pointer in group if pointer.key != target)
        if left:
            content = Content(owner.sha256, owner.size_bytes)
            yield Move(left[0].key, target, content, owner, left)


def _target(group: list[Pointer], template: str, taken: dict[str, str]) -> str:
    from uploaders.base import object_key
    from uploaders.layout import key_apart

    there = {pointer.key for pointer in group}
    wanted = []
    for pointer in group:
        key = object_key(pointer.request, template)
        wanted += [key, key_apart(key, pointer.request.asset_id)]
    settled = next((key for key in wanted if key in there), None)
    sha256 = group[0].request.sha256
    return settled or next(key for key in wanted if taken.get(key, sha256) == sha256)
