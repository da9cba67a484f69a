"""Which store an asset's object is in, by the name that its event gave, and which of them is open.

A store inside the data folder is named by the folder's id, so it moves with it. Any other one that
was given another address is known by its bytes: where objects that events place in one store are in
the open one, byte for byte, an event says that they are there now. No object is told of one by one.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rowkeeper.core.drain import drain
from rowkeeper.core.errors import TransferError, WarehouseError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.fixity import Content, content_of
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store

LOOKED_FOR = 20
"""Objects of another store that are asked for in the open one; half of them must be there."""
READ = 3
"""The smallest of those that are there are read whole, and each must have its bytes."""
ELSEWHERE = """
select store, count(*) as objects from {state}.asset_copies
where object_key is not null and store != ? group by store order by store
"""
OBJECTS = """
select object_key, sha256, size_bytes from {state}.asset_copies
where store = ? and is_archived order by asset_id, sha256 limit ?
"""
STRAYED = """
select 1 from {state}.asset_copies
where store = ? and not starts_with(cloud_url, ?) and object_key is not null limit 1
"""
NAMES = "select name, store, number from {schema}.store_names"


@dataclass(frozen=True)
class Name:
    """A name that events give a store: which store it means, and by which number of a move."""

    name: str
    store: str
    number: int


class StoredObject(NamedTuple):
    """An object as its event told of it."""

    object_key: str
    sha256: str
    size_bytes: int


def is_readable(context: Context) -> bool:
    """Were the tables built by this version, and in the database under the name that it has?"""
    with connect(context.target) as warehouse:
        try:
            warehouse.query(NAMES)
        except WarehouseError:
            return False
    return True


def find_moved(context: Context, store: "Store") -> bool:
    """Say of stores whose objects are in ``store`` now that they moved there; whether any did.

    The tables know it with the next build. Under the run's lock.
    """
    with connect(context.target) as warehouse:
        names = warehouse.records(Name, NAMES)
        moved = [
            name
            for name in warehouse.lookup("store", "objects", ELSEWHERE, [store.root])
            if name == store.url or _holds(warehouse, store, name)
        ]
        strayed = warehouse.query(STRAYED, [store.root, f"{store.url}/"])
    if strayed:
        moved.append(store.root)
    if not moved:
        return False
    also = [name.name for name in names if name.store in moved]
    number = max((name.number for name in names), default=0) + 1
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for name in sorted({*moved, *also}):
            journal.append(_moved(store, name, number))
    drain(folder, context.target)
    return True


def _moved(store: "Store", name: str, number: int) -> AssetEvent:
    from uploaders.base import prefix_of

    whole = store.stored("", existed=True)
    return AssetEvent(
        event_type=EventType.STORE_MOVED,
        session_id=new_id(),
        attempt=number,
        store=store.root,
        bucket=whole.bucket,
        object_key=prefix_of(store.root),
        cloud_url=store.url,
        details={"was": name, "was_prefix": prefix_of(name)},
    )


def _holds(warehouse: Warehouse, store: "Store", name: str) -> bool:
    """Whether the objects of the store ``name`` are in ``store``, under the same keys."""
    from uploaders.base import key_below

    objects = warehouse.records(StoredObject, OBJECTS, [name, LOOKED_FOR])
    there = []
    try:
        for item in objects:
            key, content = key_below(name, item.object_key), Content(item.sha256, item.size_bytes)
            facts = store.describe(key)
            if facts is not None:
                there.append((key, content, facts.size_bytes == item.size_bytes))
        if not there or 2 * len(there) < len(objects):
            return False
        fitting = sorted((item for item in there if item[2]), key=lambda item: item[1].size_bytes)[
            :READ
        ]
        return bool(fitting) and all(
            content_of(store.read(key)) == content for key, content, _ in fitting
        )
    except TransferError as error:
        store.complain(error)
        return False


def not_open(context: Context, warehouse: Warehouse, store: "Store") -> dict[str, int]:
    """The stores, other folders' own apart, that assets' objects are in and that ``store`` is not.

    Name -> how many.
    """
    objects = warehouse.lookup("store", "objects", ELSEWHERE, [store.root])
    return {
        said_of(context, name): count
        for name, count in objects.items()
        if not is_others(context, name)
    }


def said_of(context: Context, name: str) -> str:
    """A store's name as a user knows it: one in a data folder by that."""
    from uploaders.base import IN_DATA_FOLDER

    scheme, _, rest = name.partition("://")
    if scheme != IN_DATA_FOLDER:
        return name
    folder, _, path = rest.partition("/")
    if folder == folder_id(context.settings.data_dir):
        return (context.settings.data_dir / path).as_uri()
    return f"{path} in the data folder {folder}"


def is_others(context: Context, name: str) -> bool:
    """Is it inside of another data folder, which alone reads it?"""
    from uploaders.base import IN_DATA_FOLDER

    ours = folder_id(context.settings.data_dir)
    return name.startswith(f"{IN_DATA_FOLDER}://") and not name.startswith(
        f"{IN_DATA_FOLDER}://{ours}/"
    )
