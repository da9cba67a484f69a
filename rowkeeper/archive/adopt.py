"""``rowkeeper store adopt``: the old system's objects are looked at where they are, and taken over.

A claim becomes a fact only by what the store says. With a hash an object counts as archived by us:
as ``uploaded``, and as a download that has no file here. Without one it has an address.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from rowkeeper.archive.old_objects import PAGES, Claimed, KeyPlaces, claimed_objects, misfit
from rowkeeper.archive.work import at_work
from rowkeeper.core.disk.stored import asset_path
from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, TransferError, UsageError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.fixity import Content, content_of, md5_of
from rowkeeper.core.pool import Stop, run_bounded
from rowkeeper.core.progress import Display, Progress, Reporter
from rowkeeper.core.text import harmless
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.store_identity import identify

if TYPE_CHECKING:
    from uploaders.base import Store
    from uploaders.values import Facts

KNOWN_ROOT = "select 1 from {state}.asset_states where store = ? limit 1"
OPAQUE = {None, "", "application/octet-stream", "binary/octet-stream"}


@dataclass
class AdoptedObjects:
    """What came of it, in assets. ``refuted``: what the CSV claims and the store does not have."""

    adopted: int = 0
    found: int = 0
    refuted: int = 0
    unread: int = 0
    size_bytes: int = 0


def adopt_objects(
    context: Context, reporter: Reporter, selection: Selection, hashing: bool, dry_run: bool
) -> AdoptedObjects:
    """Look at what the CSVs claim for the selected people, append what was found, build.

    Under the run's lock. ``dry_run``: nothing is read whole, or written. Raises ``RowkeeperError``,
    of a store that is not the one that was here ``StoreError``: what is not in it is not refuted.
    """
    places = KeyPlaces.of(context)
    identify(context, places.store)
    with at_work(context, reporter, "adopt", "Adopting", dry_run, places.store) as work:
        claimed = selection.of(claimed_objects(context))
        work.session.new({item.asset_id for item in claimed} if not dry_run else set())
        adoption = Adoption(
            context,
            places,
            work.session.session_id,
            work.emit,
            work.shown,
            hashing and not dry_run,
        )
        return adoption.run(claimed)


@dataclass
class Adoption:
    """Looks at objects on many threads. ``hashing``: those are read whole, and adopted for good."""

    context: Context
    places: KeyPlaces
    session_id: str
    emit: Callable[[AssetEvent], object]
    shown: Display
    hashing: bool
    done: AdoptedObjects = field(default_factory=AdoptedObjects)
    stop: Stop = field(default_factory=Stop)
    lock: threading.Lock = field(default_factory=threading.Lock)
    refuted: list[AssetEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = self.places.with_tries(self.context.settings.upload, self.stop.sleep)

    def run(self, claimed: list[Claimed]) -> AdoptedObjects:
        """Raises ``StoreError``, and ``UsageError`` if the store has none of them all.

        What is not there is said when the rest is known: in the wrong bucket there is nothing.
        """
        self.shown.expect(len(claimed))
        by_asset = [list(group) for _, group in groupby(claimed, key=lambda item: item.asset_id)]
        workers = self.context.settings.upload.workers
        run_bounded(self._one, {"": by_asset}, workers, self.stop, "adopt")
        if self.refuted and not self.done.adopted and not self.done.found and not self._is_known():
            raise UsageError(
                f"None of the {len(self.refuted)} objects that the CSV claims is in "
                f"{self.places.whole.root}, so nothing was written down: name the old system's "
                "bucket with --store."
            )
        for event in self.refuted:
            self.emit(event)
        return self.done

    def _is_known(self) -> bool:
        with connect(self.context.target, read_only=True) as warehouse:
            return bool(warehouse.query(KNOWN_ROOT, [self.places.whole.root]))

    def _one(self, claimed: list[Claimed]) -> None:
        """The objects of one asset, until one of them is taken."""
        for item in claimed:
            self.shown.update(Progress(item, "running"))
            try:
                taken = self._look(item)
            except TransferError as error:
                self.places.whole.complain(error)
                if isinstance(error, NeedsPersonError):  # of the object's own making
                    self._refute(item, error.code, str(error))
                else:
                    self._count(item, "unread", message=str(error))
                continue
            if taken:
                return

    def _look(self, item: Claimed) -> bool:
        """Was the object taken? What the store says first, then the bytes."""
        self.stop.check()
        store, key = self.places.at(item.object_key)
        facts = store.describe(key)
        if facts is None:
            return self._refute(item, "object_missing", f"nothing is there in {store.root}")
        if why := misfit(item, facts):
            return self._refute(item, "object_unfit", why)
        if item.content and not self._has(item, item.content, store, key, facts):
            words = "it has other bytes than the file that was downloaded"
            return self._refute(item, "object_differs", words)
        if item.content:
            return self._adopt(item, store, key, item.content)
        if self.hashing:
            return self._read(item, store, key, facts)
        return self._find(item, store, key, facts)

    def _has(
        self, item: Claimed, content: Content, store: "Store", key: str, facts: "Facts"
    ) -> bool:
        """Has the object the downloaded bytes? By a hash that the store has, else by reading."""
        if facts.sha256 is not None:
            return facts.sha256 == content.sha256
        if facts.md5 is not None and facts.md5 == self._local_md5(item, content):
            return True
        return content_of(self.stop.watched(store.read(key))) == content

    def _local_md5(self, item: Claimed, content: Content) -> str | None:
        """The MD5 of the file, if it is here and whole."""
        if not item.local_path:
            return None
        return md5_of(asset_path(self.context.settings.data_dir, item.local_path), content)

    def _read(self, item: Claimed, store: "Store", key: str, facts: "Facts") -> bool:
        from rowkeeper.core.net.sniff import kind_of

        chunks = self.stop.watched(store.read(key))
        first = next(chunks, b"")
        kind = kind_of(first)
        if kind == "text/html" and item.asset_kind not in PAGES:
            return self._refute(item, "object_unfit", "it is a web page")
        content = content_of(chain([first], chunks))
        if content.size_bytes != facts.size_bytes:
            raise RetryLaterError("truncated", "the store did not give all of it")
        downloaded = self._event(
            EventType.DOWNLOADED,
            item,
            attempt=item.download_attempt,
            filename=item.filename or PurePosixPath(item.object_key).name,
            mime_type=kind if facts.mime_type in OPAQUE else facts.mime_type,
            sha256=content.sha256,
            size_bytes=content.size_bytes,
            details={"adopted_from": item.object_key},
        )
        return self._adopt(item, store, key, content, downloaded)

    def _adopt(
        self,
        item: Claimed,
        store: "Store",
        key: str,
        content: Content,
        downloaded: AssetEvent | None = None,
    ) -> bool:
        """Half of it, in a run that is killed, counts for nothing."""
        from uploaders.outcomes import place_of

        uploaded = self._event(
            EventType.UPLOADED,
            item,
            attempt=item.upload_attempt,
            sha256=content.sha256,
            size_bytes=content.size_bytes,
            **place_of(store, store.stored(key, existed=True)),
        )
        for event in filter(None, (uploaded, downloaded)):
            self.emit(event)
        self._count(item, "adopted", content.size_bytes)
        return True

    def _find(self, item: Claimed, store: "Store", key: str, facts: "Facts") -> bool:
        from uploaders.outcomes import place_of

        place = place_of(store, store.stored(key, existed=True))
        place["object_key"] = item.object_key  # as the CSV has it
        self.emit(
            self._event(
                EventType.OBJECT_FOUND,
                item,
                attempt=item.attempt,
                size_bytes=facts.size_bytes,
                mime_type=facts.mime_type,
                **place,
            )
        )
        self._count(item, "found", facts.size_bytes)
        return True

    def _refute(self, item: Claimed, code: str, words: str) -> bool:
        event = self._event(
            EventType.OBJECT_REFUTED,
            item,
            attempt=item.attempt,
            store=self.places.at(item.object_key)[0].root,
            object_key=item.object_key,
            error_code=code,
            error_message=words,
        )
        with self.lock:
            self.refuted.append(event)
        self._count(item, "refuted", message=harmless(f"{item.object_key}: {words}"))
        return False

    def _event(self, event_type: EventType, item: Claimed, **values: Any) -> AssetEvent:
        return AssetEvent.about(item, event_type=event_type, session_id=self.session_id, **values)

    def _count(self, item: Claimed, state: str, size_bytes: int = 0, message: str = "") -> None:
        with self.lock:
            setattr(self.done, state, getattr(self.done, state) + 1)
            self.done.size_bytes += size_bytes if state == "adopted" else 0
        self.shown.update(Progress(item, state, size_bytes, size_bytes, message))
