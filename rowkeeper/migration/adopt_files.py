"""``rowkeeper migrate adopt``: take over the files that the old system left, and report them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.core.drain import drain
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.sessions import session

if TYPE_CHECKING:
    from downloaders.base import Fetched
    from downloaders.legacy import Match, WantedFile
    from downloaders.legacy_finds import Unmatched

WAITING = """
select
    assets.asset_id,
    assets.person_row_id as row_id,
    assets.provider,
    assets.media_id,
    assets.asset_kind,
    assets.original_url,
    assets.download_attempts + 1 as attempt,
    coalesce(people.name, '') as name,
    coalesce(people.email, '') as email
from {state}.asset_states as assets
inner join {schema}.people as people on assets.person_row_id = people.row_id
where
    assets.archived_by = 'legacy'
    or assets.asset_id in (select cast(asset_id as text) from {state}.pending_downloads)
order by assets.asset_id
"""
LISTED_NAMES = """
select distinct row_id, asset_id, file_name from raw.legacy_claims
where claim = 'file' and file_name is not null
"""


@dataclass(frozen=True)
class AdoptedFiles:
    """What an adoption did: files taken over, and those left where they are with the reason."""

    matches: "list[Match]"
    unmatched: "list[Unmatched]"


def adopt_files(context: Context, folders: Iterable[Path]) -> AdoptedFiles:
    """Copy every file that is certainly a pending asset to that asset's place, as downloaded.

    Run again it finds nothing more to do. Raises ``InputError``, ``WarehouseError``.
    """
    from downloaders.legacy import adopt, match
    from downloaders.legacy_finds import find
    from downloaders.places import Places
    from downloaders.registry import fetch_settings

    settings = fetch_settings(context.settings)
    folder = journal_dir(context.settings.data_dir)
    drain(folder, context.target)
    media, sidecars, leftovers = find(folders)
    matches, unmatched = match(media, sidecars, _waiting(context))
    with session(folder, "adopt") as current:
        current.new({matched.wanted.request.asset_id for matched in matches})
        with Journal(folder) as journal, Places(settings) as places:
            for matched in matches:
                fetched = adopt(matched, settings, places)
                journal.append(_event(context, matched, fetched, current.session_id))
                places.reported(matched.wanted.request)
    drain(folder, context.target)
    return AdoptedFiles(matches, leftovers + unmatched)


def _waiting(context: Context) -> "list[WantedFile]":
    from downloaders.base import Request
    from downloaders.legacy import WantedFile

    def wanted(name: str, email: str, **asset: Any) -> WantedFile:
        names, shares = listed.get(asset["asset_id"], ((), False))
        return WantedFile(Request(**asset), name, email, names, shares)

    with connect(context.target) as warehouse:
        listed = _listed_names(warehouse)
        return warehouse.records(wanted, WAITING)


def _listed_names(warehouse: Warehouse) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Asset id -> the one file that the legacy CSVs list for it, and whether they list that name
    for another asset, too, or for another row."""
    from downloaders.legacy import plain_name

    claimants: dict[str, set[tuple[str, str]]] = defaultdict(set)
    names: dict[str, set[str]] = defaultdict(set)
    for row_id, asset_id, file_name in warehouse.query(LISTED_NAMES):
        name = plain_name(file_name)
        claimants[name].add((row_id, asset_id or ""))
        if asset_id:
            names[asset_id].add(name)
    listed: dict[str, tuple[tuple[str, ...], bool]] = {}
    for asset_id, own in names.items():
        if len(own) == 1:
            (name,) = own
            rows = {row_id for row_id, _ in claimants[name]}
            assets = {claimed for _, claimed in claimants[name] if claimed}
            listed[asset_id] = ((name,), len(rows) > 1 or len(assets) > 1)
    return listed


def _event(context: Context, match: "Match", fetched: "Fetched", session_id: str) -> AssetEvent:
    path = fetched.path.relative_to(context.settings.data_dir.absolute())
    return AssetEvent(
        event_type=EventType.DOWNLOADED,
        session_id=session_id,
        local_path=path.as_posix(),
        filename=fetched.filename,
        mime_type=fetched.mime_type,
        size_bytes=fetched.size_bytes,
        sha256=fetched.sha256,
        details=fetched.details,
        **match.wanted.request.facts(),
    )
