"""One content, one object: assets that have the same bytes have the same object of the store."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rowkeeper.core.errors import TransferError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.warehouse import connect
from rowkeeper.run.held_media import HELD_OBJECTS
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store
    from uploaders.values import UploadRequest


def also_in(
    store: "Store", request: "UploadRequest", object_key: str, session_id: str
) -> AssetEvent:
    """The event that the bytes of ``request`` are in an object that was there already."""
    from uploaders.outcomes import uploaded_event

    stored = store.stored(store.key_of(object_key), existed=True)
    return uploaded_event(store, request, stored, session_id)


def share_uploads(
    context: Context,
    store: "Store",
    session_id: str,
    requests: "Sequence[UploadRequest]",
    emit: Callable[[AssetEvent], object],
) -> tuple[set[str], set[str]]:
    """Report the objects that have the bytes of ``requests`` already.

    Gives the ids of those assets, and of the assets whose supposed object has other bytes. The
    store is asked for each object once. Raises ``StoreError`` if it gives no useful answer.
    """
    with connect(context.target) as warehouse:
        asked = [request.asset_id for request in requests if not request.unsafe]
        held: dict[str, str] = warehouse.lookup(
            "asset_id", "object_key", HELD_OBJECTS, [store.root, asked]
        )
    same: dict[tuple[str, str], bool] = {}
    shared: set[str] = set()
    others: set[str] = set()
    for request in requests:
        if request.asset_id not in held:
            continue
        object_key = held[request.asset_id]
        known = object_key, request.sha256
        if known not in same:
            same[known] = _holds(store, request, object_key)
        if same[known]:
            emit(also_in(store, request, object_key, session_id))
        (shared if same[known] else others).add(request.asset_id)
    return shared, others


def _holds(store: "Store", request: "UploadRequest", object_key: str) -> bool:
    from uploaders.values import Held

    try:
        return store.held(request, store.key_of(object_key)) is Held.SAME
    except TransferError:
        return False  # it is sent on its own then, with tries and a verdict


class Followers:
    """Assets that wait for the first one of their content, whose object, just verified, is theirs.

    ``shared``: those of which that was told. Where the first one fails they wait on.
    """

    def __init__(
        self,
        store: "Store",
        session_id: str,
        waiting: "Mapping[str, Sequence[UploadRequest]]",
        tell: Callable[[Sequence[AssetEvent]], object],
    ) -> None:
        """``waiting``: by the id of the first. ``tell`` writes events through to the disk."""
        self.shared: set[str] = set()
        self._store, self._session_id = store, session_id
        self._waiting, self._tell = waiting, tell

    def emit(self, event: AssetEvent) -> None:
        """Tell ``event`` and, of an upload, the same of those that waited for it."""
        followers: Sequence[UploadRequest] = ()
        if event.event_type == EventType.UPLOADED:
            followers = self._waiting.get(str(event.asset_id), ())
        key = str(event.object_key)
        more = [also_in(self._store, item, key, self._session_id) for item in followers]
        self._tell([event, *more])
        self.shared.update(item.asset_id for item in followers)
