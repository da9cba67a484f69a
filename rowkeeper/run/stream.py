"""Streaming: media go from their source into the store, and touch no disk on the way."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, TransferError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.paths import safe_extension
from rowkeeper.core.warehouse import connect
from rowkeeper.run.stream_notes import NOTE, note_path, read_note, write_note
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from hashlib import _Hash

    from downloaders.base import Fetched, Request
    from downloaders.sinks import Look, Told, Write
    from uploaders.base import Store
    from uploaders.values import Stored, UploadRequest
    from uploaders.writer import Writer

STANDING = """
select asset_id, upload_attempts, legacy_object_uuid,
    case when archived_by = 'rowkeeper' and store = ? then sha256 end as sha256, object_key
from {state}.asset_states where upload_attempts > 0 or legacy_object_uuid is not null
"""


class SentAsset(NamedTuple):
    """An asset that was sent before, with its SHA-256 where the open store has it."""

    asset_id: str
    upload_attempts: int
    legacy_object_uuid: str | None
    sha256: str | None
    object_key: str


def store_streamer(context: Context, session_id: str) -> "StoreStreamer":
    """The way of one session; raises ``StoreError`` if the store can't take objects now."""
    from downloaders.files import partial_folder
    from uploaders.layout import checked_layout

    store = open_known(context, mark=True)
    store.make_ready()
    with connect(context.target) as warehouse:
        assets = warehouse.records(SentAsset, STANDING, [store.root])
    standing = {item.asset_id: (item.upload_attempts, item.legacy_object_uuid) for item in assets}
    archived = {item.asset_id: item for item in assets if item.sha256}
    known = {str(item.sha256): store.key_of(item.object_key) for item in archived.values()}
    for path in partial_folder(context.settings.data_dir).glob(f"*{NOTE}"):
        if path.name.removesuffix(NOTE) in archived:
            path.unlink(missing_ok=True)  # a run was killed after its last word on it
        elif note := read_note(path):  # asked for before it counts
            known.setdefault(note.fetched.sha256, note.key)
    template = checked_layout(context.settings.store.layout)
    return StoreStreamer(store, template, session_id, standing, known)


class StoreStreamer:
    """The way past the disk of one session's downloads, for many threads; see ``sinks.Streamer``.

    One content is stored once: bytes that the store has already are counted, not kept. ``known``
    says under which key it may have them, by SHA-256; ``standing`` an asset's uploads so far, and
    the UUID of its object in the old system.
    """

    def __init__(
        self,
        store: "Store",
        template: str,
        session_id: str,
        standing: Mapping[str, tuple[int, str | None]] | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.store, self.template, self.session_id = store, template, session_id
        self.apart: set[str] = set()
        self._standing = dict(standing or {})
        self._known = dict(known or {})
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._stored: dict[str, tuple[UploadRequest, Stored]] = {}

    @contextmanager
    def sink(self, request: "Request", folder: Path) -> "Iterator[StoreSink]":
        """A sink for one try; what it has not committed at its end is gone."""
        made = StoreSink(self, request, folder)
        try:
            yield made
        finally:
            made.start_over()

    def recover(self, request: "Request", folder: Path) -> "Fetched | None":
        """The object of ``request`` that an earlier run made but could not report, if any."""
        from uploaders.values import Held

        if (note := read_note(note_path(folder, request))) is None:
            return None
        upload = self.upload_of(request, note.fetched)
        if self.store.held(upload, note.key) is not Held.SAME:
            return None
        self._stored[request.asset_id] = upload, self.store.stored(note.key, existed=True)
        return note.fetched

    def upload_event(self, request: "Request") -> AssetEvent | None:
        """The event that the bytes of ``request`` have their place, if they went straight.

        It is to be written before the download's: an upload without its download counts for
        nothing, so a kill between the two is harmless.
        """
        from uploaders.outcomes import uploaded_event

        stored = self._stored.pop(request.asset_id, None)
        return uploaded_event(self.store, *stored, self.session_id) if stored else None

    def reported(self, request: "Request", folder: Path) -> None:
        """The events of ``request`` are on disk: its object need not be found again."""
        note_path(folder, request).unlink(missing_ok=True)

    def went(self, request: "Request") -> bool:
        """Have the bytes of ``request`` gone straight to the store?"""
        return request.asset_id in self._stored

    def complain(self, error: TransferError) -> None:
        """Raise ``StoreError`` if ``error`` is about the store as a whole."""
        self.store.complain(error)

    def settle(
        self, request: "Request", fetched: "Fetched", writer: "Writer", key: str, folder: Path
    ) -> None:
        """Make the object, unless the store has its bytes under another key."""

        def make(_: "UploadRequest") -> "Stored":
            write_note(note_path(folder, request), key, fetched)
            return self._commit(request, writer, key, fetched.sha256)

        self._store_once(request, fetched, make)

    def put(self, request: "Request", fetched: "Fetched") -> None:
        """Bring in what came as a file, which may go then."""
        from uploaders.pool import settle

        self._store_once(request, fetched, lambda upload: settle(self.store, self.template, upload))

    def learn(self, standing: "Mapping[str, tuple[int, str | None]]") -> None:
        """Know more assets' uploads so far."""
        self._standing.update(standing)

    def _store_once(
        self, request: "Request", fetched: "Fetched", make: "Callable[[UploadRequest], Stored]"
    ) -> None:
        from uploaders.values import Held

        upload = self.upload_of(request, fetched)
        with self._locks[fetched.sha256]:
            known = self._known.get(fetched.sha256)
            if known and self.store.held(upload, known) is Held.SAME:
                stored = self.store.stored(known, existed=True)
            else:
                stored = make(upload)
                self._known[fetched.sha256] = self.store.key_of(stored.object_key)
        self._stored[request.asset_id] = upload, stored

    def _commit(self, request: "Request", writer: "Writer", key: str, sha256: str) -> "Stored":
        try:
            return writer.commit(sha256)
        except NeedsPersonError as error:
            if error.code != "object_differs" or request.asset_id in key:
                raise
            self.apart.add(request.asset_id)  # the bytes are gone: once more, to a key of its own
            raise RetryLaterError("key_taken", "another content has this key") from None

    def upload_of(self, request: "Request", fetched: "Fetched") -> "UploadRequest":
        """``request`` as what the uploaders know; its path gives the extension alone."""
        from uploaders.values import UploadRequest

        attempts, uuid = self._standing.get(request.asset_id, (0, None))
        return UploadRequest(
            **request.identity(),
            path=fetched.path,
            sha256=fetched.sha256,
            size_bytes=fetched.size_bytes,
            mime_type=fetched.mime_type,
            filename=fetched.filename,
            attempt=attempts + 1,
            person_name=request.person.name if request.person else None,
            object_uuid=uuid,
        )

    def key_of(self, request: "Request", facts: "Told", folder: Path) -> str:
        """Where the object of ``request`` goes."""
        from downloaders.base import Fetched
        from uploaders.base import object_key
        from uploaders.layout import key_apart

        extension = safe_extension(facts.filename, facts.mime_type)
        fetched = Fetched(
            path=folder / f"{request.asset_id}.{extension}",
            filename=facts.filename,
            mime_type=facts.mime_type,
            size_bytes=0,
            sha256="",
        )
        key = object_key(self.upload_of(request, fetched), self.template)
        return key_apart(key, request.asset_id) if request.asset_id in self.apart else key


class StoreSink:
    """Bytes on their way into the store; nothing stands there to be resumed."""

    def __init__(self, way: StoreStreamer, request: "Request", folder: Path) -> None:
        self._way, self._request, self._folder = way, request, folder
        self._writer: Writer | None = None
        self._open = ExitStack()
        self._key = ""

    def standing(self) -> tuple[int, str]:
        return 0, ""

    def start_over(self) -> None:
        self._open.close()
        self._writer = None

    def check_room(self, more: int) -> None:
        """A store says itself when it is full."""

    @contextmanager
    def open(
        self,
        offset: int,  # noqa: ARG002 - nothing stands, so it is 0
        version: str | None,  # noqa: ARG002
        hashes: "Sequence[_Hash]",
        look: "Look",
    ) -> "Iterator[Write]":
        from rowkeeper.core.net.sniff import HEAD

        self.start_over()
        head = bytearray()

        def write(chunk: bytes) -> None:
            if self._writer is not None:
                self._writer.write(chunk)
                return
            head.extend(chunk)
            if len(head) >= HEAD:
                self._begin(look(bytes(head)), bytes(head), hashes[0])

        yield write
        if self._writer is None:
            self._begin(look(bytes(head)), bytes(head), hashes[0])

    def _begin(self, facts: "Told", head: bytes, digest: "_Hash") -> None:
        """The transfer hashes what it hands on, so the writer need not do it again."""
        self._key = self._way.key_of(self._request, facts, self._folder)
        writer = self._way.store.writer(self._key, facts.mime_type, digest)
        self._writer = self._open.enter_context(writer)
        writer.write(head)

    def commit(self, fetched: "Fetched") -> "Fetched":
        """Make the object final; where it is, :meth:`StoreStreamer.upload_event` says."""
        if self._writer:
            self._way.settle(self._request, fetched, self._writer, self._key, self._folder)
        return fetched
