"""What the archive holds, a version of an asset at a time, and where its bytes are."""

import json
from dataclasses import dataclass
from typing import Any

from rowkeeper.core.events import Asset
from rowkeeper.core.fixity import Content
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

PIECES = """
select
    assets.asset_id, assets.person_row_id as row_id, assets.provider, assets.media_id,
    assets.asset_kind, assets.original_url, people.name, people.email, people.personality_type,
    coalesce(versions.local_path, versions.lost_path, versions.dropped_path) as path,
    versions.sha256, versions.size_bytes,
    case when versions.is_archived then versions.store end as store,
    case when versions.is_archived then versions.object_key end as object_key,
    case when versions.is_archived then versions.cloud_url end as cloud_url,
    versions.details as download_details,
    versions.local_path is not null and coalesce(versions.data_folder, ?) = ? as is_here,
    versions.version, coalesce(versions.sha256 = assets.sha256, false) as is_current
from {state}.asset_states as assets
left join {state}.asset_copies as versions on assets.asset_id = versions.asset_id
left join {schema}.people as people on assets.person_row_id = people.row_id
where assets.is_claimed
order by assets.asset_id, versions.version desc
"""


@dataclass(frozen=True)
class Piece(Asset):
    """One version of an asset and where its bytes are: a store, this data folder, or nowhere yet.

    ``version`` is None for an asset that nothing was ever downloaded of.
    """

    original_url: str
    name: str | None
    email: str | None
    personality_type: str | None
    path: str | None
    sha256: str | None
    size_bytes: int | None
    store: str | None
    object_key: str | None
    cloud_url: str | None
    download_details: str | None
    is_here: bool
    version: int | None
    is_current: bool

    @property
    def content(self) -> Content | None:
        """Its bytes, if something has them."""
        there = self.is_here or self.store is not None
        if self.sha256 is None or self.size_bytes is None or not there:
            return None
        return Content(self.sha256, self.size_bytes)

    @property
    def details(self) -> dict[str, Any]:
        """What the download told."""
        return dict(json.loads(self.download_details)) if self.download_details else {}


def read_pieces(context: Context) -> list[Piece]:
    """Every version of every asset that is asked for, the newest of each asset first."""
    ours = folder_id(context.settings.data_dir)
    with connect(context.target) as warehouse:
        return warehouse.records(Piece, PIECES, [ours, ours])
