"""Which store is at an address: the one that the warehouse knows, or another, or an empty folder.

A store carries a marker, made once; an event says which one the store of an address has, so that
journal and warehouse know it. A store from before there were markers is known by its objects, and
so is a folder of the data folder: that is on its disk, and has an id of its own.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from rowkeeper.core.drain import drain
from rowkeeper.core.errors import TransferError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store

LOOKED_FOR = 20
"""Objects that are asked for in a store without a marker; one of them must be there."""
IDS = """
select distinct cast(details as json) ->> 'store_id' from raw.asset_events
where event_type = 'store_identified' and store = ?
"""
OBJECTS = """
select distinct object_key from raw.asset_events
where event_type = 'uploaded' and store = ? and object_key is not null
order by object_key limit ?
"""


def open_known(context: Context, *, mark: bool = False, believe: bool = False) -> "Store":
    """The store of the settings, identified. Raises as :func:`identify`."""
    from uploaders.registry import open_store

    store = open_store(context.settings)
    identify(context, store, mark=mark, believe=believe)
    return store


def identify(
    context: Context, store: "Store", *, mark: bool = False, believe: bool = False
) -> None:
    """See that ``store`` is the one that the warehouse knows by its address.

    From then on it refuses where it goes away or is exchanged. ``mark``: one without a marker is
    given its own, and one that is new here is remembered. ``believe``: whatever is there is the
    store from now on. Raises ``StoreError`` for another store and for one that is missing.
    """
    known, objects = _known(context, store.root)
    from uploaders.retrying import retrying

    tried = retrying(store, context.settings.upload)
    marks = (mark or believe) and not _is_in_data_folder(store)
    try:
        marker = tried.marker()
        if not believe and not _is_known(store, marker, known, objects):
            from uploaders.faults import strange_store

            raise strange_store(store.root, marker)
        if marker is None and marks:
            marker = tried.mark()
    except TransferError as error:
        raise store.unusable(error) from None
    if marker is not None and marker not in known and marks:
        _remember(context, store.root, marker)
    store.hold_to(marker)


def open_folder_known(context: Context) -> "Store":
    """The same; but only a store that is a folder, which may be on a share that isn't mounted, is
    identified: others are when they are used. Raises ``StoreError``."""
    from uploaders.registry import open_store

    store = open_store(context.settings)
    if store.endpoint is None:
        identify(context, store)
    return store


def _is_in_data_folder(store: "Store") -> bool:
    from uploaders.base import IN_DATA_FOLDER

    return store.root.startswith(f"{IN_DATA_FOLDER}://")


def _known(context: Context, root: str) -> tuple[set[str], list[str]]:
    """The ids that the store at ``root`` had; where it had none, some of the objects sent there."""
    target = context.target
    if target.path and not Path(target.path).exists():
        return set(), []
    with connect(target) as warehouse:
        if "asset_events" not in warehouse.tables("raw"):
            return set(), []
        ids = set(warehouse.column(IDS, [root]))
        sent = [] if ids else warehouse.column(OBJECTS, [root, LOOKED_FOR])
        return ids, sent


def _is_known(store: "Store", marker: str | None, known: set[str], objects: list[str]) -> bool:
    """Is the store whose marker is ``marker`` the one that is meant?"""
    if known:
        return marker in known
    if marker == "":
        return False
    return not objects or any(_has(store, key) for key in objects)


def _has(store: "Store", object_key: str) -> bool:
    try:
        return store.describe(store.key_of(object_key)) is not None
    except TransferError as error:
        if error.code == "kept_elsewhere":  # what a sync service keeps elsewhere belongs here
            return True
        raise


def _remember(context: Context, root: str, store_id: str) -> None:
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        journal.append(
            AssetEvent(
                event_type=EventType.STORE_IDENTIFIED,
                session_id=new_id(),
                store=root,
                details={"store_id": store_id},
            )
        )
    drain(folder, context.target)
