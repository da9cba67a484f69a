"""Addresses at which a person finds archived assets, made when asked for."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rowkeeper.archive.stores import said_of
from rowkeeper.catalogue.publish import reader
from rowkeeper.core import clock
from rowkeeper.core.errors import TransferError, UsageError
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store


ASSETS = """
select assets.asset_id, assets.person_row_id as row_id, assets.asset_type, assets.asset_kind,
    assets.provider, assets.media_id, assets.filename, assets.mime_type, assets.download_status,
    assets.upload_status, assets.archived_by, assets.store, assets.object_key,
    assets.file_size_bytes as size_bytes, failures.next_step
from {schema}.assets as assets
left join {schema}.failures as failures on assets.asset_id = failures.asset_id
where {wanted} order by assets.asset_kind, assets.media_id, assets.asset_id
"""


LONGEST = timedelta(days=7)


UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


_LIFETIME = re.compile(r"(\d{1,9})([smhd])")


@dataclass(frozen=True)
class AddressedAsset:
    """An asset and where it is archived, if it is."""

    asset_id: str
    row_id: str
    asset_type: str
    asset_kind: str
    provider: str
    media_id: str
    filename: str | None
    mime_type: str | None
    download_status: str
    upload_status: str | None
    archived_by: str | None
    store: str | None
    object_key: str | None
    size_bytes: int | None
    next_step: str | None

    @property
    def name(self) -> str:
        """What the source calls it, else what can be told of it."""
        ending = PurePosixPath(self.object_key or "").suffix
        return self.filename or f"{self.media_id}{ending}"


@dataclass(frozen=True)
class Address:
    """Where an asset opens, until when; None for an address that does not end."""

    asset_id: str
    row_id: str
    asset_kind: str
    filename: str
    url: str
    expires_at: str | None


@dataclass(frozen=True)
class FoundAddresses:
    """``missing``: asset id -> why it has no address, and what to do."""

    addresses: list[Address]
    missing: dict[str, str]


def lifetime_of(text: str) -> int:
    """The seconds of ``15m``, ``1h`` or ``7d``. Raises ``UsageError``."""
    given = _LIFETIME.fullmatch(text.strip())
    lifetime = timedelta(**{UNITS[given[2]]: int(given[1])}) if given else timedelta()
    if not timedelta() < lifetime <= LONGEST:
        raise UsageError(f"--lifetime {text} is none: write 15m, 1h or 7d, which is the longest.")
    return int(lifetime.total_seconds())


def addresses(
    context: Context, wanted: str, kind: str | None, lifetime_s: int | None
) -> FoundAddresses:
    """The addresses of the assets that ``wanted`` names, for so many seconds.

    Raises ``UsageError`` if it names none, and if the store can't make addresses.
    """
    from uploaders.registry import open_store

    assets = [
        asset
        for asset in _assets(context, wanted)
        if kind in (None, asset.asset_type, asset.asset_kind)
    ]
    if not assets:
        what = f"of the kind {kind} " if kind else ""
        raise UsageError(
            f"No asset {what}has the id {wanted} or belongs to a person of that row id: see "
            "rowkeeper status --people and the table person_content."
        )
    store = open_store(context.settings)
    result = FoundAddresses([], {})
    for asset in assets:
        try:
            if why := _missing(context, asset, store):
                result.missing[asset.asset_id] = why
            else:
                result.addresses.append(_address(asset, store, lifetime_s))
        except TransferError as error:
            words = f"The {asset.asset_kind} {asset.asset_id} of row {asset.row_id}"
            result.missing[asset.asset_id] = f"{words} has no address: {error}."
    return result


def _assets(context: Context, wanted: str) -> list[AddressedAsset]:
    from loaders.row_keys import RowIds

    with reader(context) as warehouse:

        def by(column: str, value: str) -> list[AddressedAsset]:
            wanted_by = f"cast(assets.{column} as text) = ?"
            sql = ASSETS.format(schema=warehouse.schema, wanted=wanted_by)
            return warehouse.records(AddressedAsset, sql, [value])

        if assets := by("asset_id", wanted):
            return assets
        row_ids = warehouse.column("select row_id from {schema}.people")
        return by("person_row_id", RowIds(row_ids).of(wanted))


def _missing(context: Context, asset: AddressedAsset, store: "Store") -> str | None:
    """Why the store has no address for it, in a sentence with what to do."""
    words = f"The {asset.asset_kind} {asset.asset_id} of row {asset.row_id}"
    if asset.archived_by == "legacy" and asset.store is None:
        where = f"{asset.object_key}, as the old system says"
        return f"{words} is in {where}: take it over with rowkeeper store adopt."
    if asset.store is None or asset.object_key is None:
        state = f"{asset.download_status}, upload {asset.upload_status or 'not begun'}"
        remedy = asset.next_step or "run rowkeeper run"
        return f"{words} is not archived (download {state}): {remedy}."
    if asset.store not in {store.root, store.url} and not _is_here(asset, store):
        name = said_of(context, asset.store)
        return f"{words} is in {name}, not in {store.url}: add --store {name}."
    return None


def _is_here(asset: AddressedAsset, store: "Store") -> bool:
    """Did the folder of its store move here, though no run knows it yet?"""
    from uploaders.base import key_below

    if store.kind != "local" or asset.object_key is None or asset.size_bytes is None:
        return False
    facts = store.describe(key_below(str(asset.store), asset.object_key))
    return facts is not None and facts.size_bytes == asset.size_bytes


def _address(asset: AddressedAsset, store: "Store", lifetime_s: int | None) -> Address:
    from uploaders.base import key_below
    from uploaders.links import Shown

    moment = clock.now()
    key = key_below(str(asset.store), str(asset.object_key))
    url = store.link(key, lifetime_s, Shown(asset.name, asset.mime_type))
    ends = None
    if lifetime_s is not None and not url.startswith("file:"):
        ends = (moment + timedelta(seconds=lifetime_s)).isoformat(timespec="seconds")
    return Address(asset.asset_id, asset.row_id, asset.asset_kind, asset.name, url, ends)
