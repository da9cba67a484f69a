"""The objects that the old system claims: whose they are, where they lead, what can't be true."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rowkeeper.core.events import Asset
from rowkeeper.core.fixity import Content
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from rowkeeper.core.setting_sections import Upload
    from uploaders.base import Store
    from uploaders.values import Facts

CLAIMED = """
select distinct
    assets.asset_id, assets.person_row_id as row_id, assets.provider, assets.media_id,
    assets.asset_kind, claims.object_key, assets.filename, claims.looks + 1 as attempt,
    assets.download_attempts + 1 as download_attempt, assets.upload_attempts + 1 as upload_attempt,
    assets.sha256, assets.size_bytes,
    case when coalesce(assets.data_folder, ?) = ? then assets.local_path end as local_path
from {schema}.claimed_objects as claims
inner join {state}.asset_states as assets on claims.asset_id = assets.asset_id
where assets.is_claimed and claims.object_key is not null
    and ((claims.standing = 'stands' and claims.object_key = assets.legacy_object_key)
        or claims.is_refuted)
    and coalesce(assets.archived_by, 'legacy') = 'legacy'
order by assets.asset_id, claims.object_key
"""
PAGES = {"document", "document_html"}
"""The kinds that may be web pages."""


@dataclass(frozen=True)
class Claimed(Asset):
    """An asset and the object that the old system claims for it.

    ``attempt`` counts the looks at it; ``sha256`` and ``size_bytes`` are those of a download.
    """

    object_key: str
    filename: str | None
    attempt: int
    download_attempt: int
    upload_attempt: int
    sha256: str | None
    size_bytes: int | None
    local_path: str | None

    @property
    def content(self) -> Content | None:
        """The bytes that were downloaded, if they were."""
        if self.sha256 is None or self.size_bytes is None:
            return None
        return Content(self.sha256, self.size_bytes)


@dataclass(frozen=True)
class KeyPlaces:
    """Where a key leads: a key of ``s3_paths`` is within the bucket, whatever prefix we have."""

    store: "Store"
    whole: "Store"

    @classmethod
    def of(cls, context: Context) -> "KeyPlaces":
        """The store of ``context``, and its whole bucket."""
        from uploaders.registry import open_store

        settings = context.settings
        store = open_store(settings)
        if not store.prefix:
            return cls(store, store)
        url = store.root.removesuffix(f"/{store.prefix}")
        wide = settings.model_copy(
            update={"store": settings.store.model_copy(update={"url": url})},
        )
        return cls(store, open_store(wide))

    def with_tries(self, upload: "Upload", sleep: Callable[[float], object]) -> "KeyPlaces":
        """The same, asked again where they give no useful answer."""
        from uploaders.retrying import retrying

        return KeyPlaces(retrying(self.store, upload, sleep), retrying(self.whole, upload, sleep))

    def at(self, object_key: str) -> "tuple[Store, str]":
        """The store that has ``object_key``, and the key as its methods take it."""
        if self.store.prefix and object_key.startswith(f"{self.store.prefix}/"):
            return self.store, self.store.key_of(object_key)
        return self.whole, object_key


def claimed_objects(context: Context) -> list[Claimed]:
    """What the CSVs claim and nobody has verified: what stands, and what was refuted before."""
    ours = folder_id(context.settings.data_dir)
    with connect(context.target, read_only=True) as warehouse:
        return warehouse.records(Claimed, CLAIMED, [ours, ours])


def misfit(item: Claimed, facts: "Facts") -> str | None:
    """Why an object can't be the one that is claimed, in words, by what the store says of it."""
    content, mime_type = item.content, (facts.mime_type or "").partition(";")[0].strip().lower()
    if content and facts.size_bytes != content.size_bytes:
        return f"it has {facts.size_bytes:,} bytes, the download {content.size_bytes:,}"
    if facts.size_bytes == 0 and not content:
        return "it is empty"
    if mime_type == "text/html" and item.asset_kind not in PAGES:
        return "it is a web page"
    if item.asset_kind == "video" and mime_type.partition("/")[0] in {"text", "image"}:
        return f"it is {mime_type}, no video"
    return None
