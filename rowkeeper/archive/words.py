"""Reads the words of what is archived: transcripts and documents, each content once."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from downloaders.passages import FORMS, RULES
from rowkeeper.archive.kept_words import Text, keep, take_kept
from rowkeeper.catalogue.built import require_built
from rowkeeper.core.disk.stored import asset_path
from rowkeeper.core.errors import NeedsPersonError, TransferError
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.pool import Stop, run_bounded
from rowkeeper.core.progress import Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    from uploaders.base import Store

T = TypeVar("T")
UNREAD = "coalesce(texts.rules, 0) < ?"
PLACES = f"""
select texts.content_sha256, texts.form,
    case when coalesce(versions.data_folder, ?) = ? then versions.local_path end as path,
    case when versions.is_archived then versions.store end as store,
    case when versions.is_archived then versions.object_key end as object_key
from {{schema}}.read_texts as texts
left join {{state}}.asset_copies as versions
    on texts.owner_key = versions.asset_id and texts.content_sha256 = versions.sha256
where texts.kind = 'transcript' and {UNREAD}
order by texts.content_sha256, texts.form, texts.owner_key
"""
DOCUMENTS = f"""
select texts.content_sha256, min(texts.owner_key) as document_key
from {{schema}}.read_texts as texts
where texts.kind = 'document' and {UNREAD}
group by texts.content_sha256 order by texts.content_sha256
"""
DOCUMENT_TEXTS = "select text_sha256, text from {schema}.documents where document_key = any(?)"
BATCH = 200
"""Texts that are read before they are written."""


@dataclass
class WordsRead:
    """What came of it, in texts. ``brought_back``: from beside the journal. ``missing``: neither
    the data folder nor the store that is open has their bytes now; the next run looks again."""

    read: int = 0
    brought_back: int = 0
    passages: int = 0
    unreadable: int = 0
    missing: int = 0


class UnreadCopy(NamedTuple):
    """One of the places of a transcript that is to be read."""

    content_sha256: str
    form: str
    path: str | None
    store: str | None
    object_key: str | None


class DocumentText(NamedTuple):
    """The text of a document."""

    text_sha256: str
    text: str


@dataclass(frozen=True)
class TextPlace:
    """Where the bytes of a transcript are: below the data folder, in a store."""

    path: str | None
    store: str | None
    object_key: str | None


@dataclass
class WantedText:
    """A transcript that is to be read, wherever it is, and its words once they are."""

    content_sha256: str
    form: str
    places: list[TextPlace] = field(default_factory=list)


def read_words(context: Context, reporter: Reporter) -> WordsRead:
    """Read what is new among the transcripts and documents that people have now.

    The caller holds the run's lock. Raises ``WarehouseError`` before the first build, ``DiskError``
    and, if words are only in a store that gives no answer, ``StoreError``.
    """
    with connect(context.target) as warehouse:
        require_built(context, warehouse)
        (waiting,) = warehouse.column(
            f"select count(*) from {{schema}}.read_texts as texts where {UNREAD}", [RULES]
        )
    if not waiting:
        return WordsRead()
    done = WordsRead(brought_back=take_kept(context))
    _read_documents(context, done)
    _Transcripts(context, done).read_all()
    if done.missing:
        reporter.say(
            f"The words of {done.missing} transcripts were not read: neither this data folder nor "
            "the store has them now (rowkeeper verify says more)."
        )
    return done


def _read_documents(context: Context, done: WordsRead) -> None:
    with connect(context.target) as warehouse:
        keys = warehouse.lookup("content_sha256", "document_key", DOCUMENTS, [RULES])
    for batch in _batched(list(keys.values())):
        with connect(context.target) as warehouse:
            texts = warehouse.records(DocumentText, DOCUMENT_TEXTS, [batch])
        _keep(context, [_cut(text.text_sha256, "text", text.text) for text in texts], done)


class _Transcripts:
    """Reads transcripts with as many threads as uploads have; the store is opened where needed."""

    def __init__(self, context: Context, done: WordsRead) -> None:
        self.context, self.done = context, done
        self.stop, self.lock = Stop(), threading.Lock()
        self.store: Store | None = None
        self.texts: list[Text] = []

    def read_all(self) -> None:
        ours = folder_id(self.context.settings.data_dir)
        with connect(self.context.target) as warehouse:
            copies = warehouse.records(UnreadCopy, PLACES, [ours, ours, RULES])
        wanted: dict[tuple[str, str], WantedText] = {}
        for copy in copies:
            key = copy.content_sha256, copy.form
            text = wanted.setdefault(key, WantedText(*key))
            text.places.append(TextPlace(copy.path, copy.store, copy.object_key))
        workers = self.context.settings.upload.workers
        for batch in _batched(list(wanted.values())):
            self.texts = []
            run_bounded(self._one, {"": batch}, workers, self.stop, "words")
            _keep(self.context, self.texts, self.done)

    def _one(self, wanted: WantedText) -> None:
        body = next((body for body in self._copies(wanted) if _is(body, wanted)), None)
        with self.lock:
            if body is None:
                self.done.missing += 1
            else:
                text = body.decode("utf-8-sig", "replace")
                self.texts.append(_cut(wanted.content_sha256, wanted.form, text))

    def _copies(self, wanted: WantedText) -> Iterator[bytes]:
        """Its bytes from each place that has some, those of this disk first."""
        for place in wanted.places:
            if place.path:
                try:
                    yield asset_path(self.context.settings.data_dir, place.path).read_bytes()
                except (OSError, NeedsPersonError):
                    continue
        for place in wanted.places:
            if place.store and place.object_key and (body := self._object(place)) is not None:
                yield body

    def _object(self, place: TextPlace) -> bytes | None:
        from uploaders.base import key_below
        from uploaders.faults import UnreachableError

        store = self._open()
        if place.store not in {store.root, store.url}:
            return None
        try:
            key = key_below(str(place.store), str(place.object_key))
            return b"".join(self.stop.watched(store.read(key)))
        except UnreachableError as error:
            raise store.unusable(error) from None
        except TransferError:
            return None

    def _open(self) -> "Store":
        from rowkeeper.workspace.store_identity import open_known
        from uploaders.retrying import retrying

        with self.lock:
            if self.store is None:
                upload = self.context.settings.upload
                self.store = retrying(open_known(self.context), upload, self.stop.sleep)
            return self.store


def _is(body: bytes, wanted: WantedText) -> bool:
    return hashlib.sha256(body).hexdigest() == wanted.content_sha256


def _cut(sha256: str, form: str, text: str) -> Text:
    """The passages of a text; none where it is not what it should be."""
    try:
        passages = FORMS[form](text)
    except ValueError:
        passages = []
    return Text(sha256, form, RULES, tuple(passages))


def _keep(context: Context, texts: list[Text], done: WordsRead) -> None:
    keep(context, texts)
    done.read += len(texts)
    done.passages += sum(len(text.passages) for text in texts)
    done.unreadable += sum(not text.passages for text in texts)


def _batched(items: list[T]) -> Iterator[list[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
