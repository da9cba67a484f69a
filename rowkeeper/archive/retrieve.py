"""The archive as files below a folder: read from the store, held to what was recorded."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rowkeeper.archive.pieces import Piece, read_pieces
from rowkeeper.archive.stores import said_of
from rowkeeper.core.csv.written import guarded_csv
from rowkeeper.core.disk.faults import not_written
from rowkeeper.core.disk.names import Naming
from rowkeeper.core.disk.probe import naming_of
from rowkeeper.core.disk.stored import asset_path, is_plain, stored_path
from rowkeeper.core.errors import NeedsPersonError, TransferError
from rowkeeper.core.files import write_whole
from rowkeeper.core.fixity import Content
from rowkeeper.core.paths import apart, safe_extension, version_mark
from rowkeeper.core.pool import Stop, run_bounded
from rowkeeper.core.progress import Display, Progress, Reporter
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from uploaders.base import Store

INDEX = "restored.csv"
RENAMED = "renamed"
"""Below the folder: files whose own names the disk can't have."""
HEADER = (
    *("row_id", "name", "email", "personality_type", "asset_type", "provider", "media_id"),
    *("original_url", "path", "sha256", "size_bytes", "cloud_url", "version", "is_current"),
)


@dataclass
class Retrieved:
    """What came back, in files. ``failures``: path -> why. ``unarchived``: assets without bytes,
    ``lost_versions``: older versions without.

    ``hashes``: path -> SHA-256, of all that is there now and has its bytes.
    """

    restored: int = 0
    present: int = 0
    size_bytes: int = 0
    unarchived: int = 0
    lost_versions: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


def retrieve(
    context: Context,
    reporter: Reporter,
    selection: Selection,
    folder: Path,
    naming: Callable[[str], str] = str,
) -> Retrieved:
    """Write all versions of the selected assets below ``folder``, and ``restored.csv`` about them.

    A file is at the path that it had below its data folder, or at what ``naming`` makes of it. What
    has no bytes in a store is taken from this data folder, if it is here. Raises ``StoreError``.
    """

    pieces = selection.of(read_pieces(context))
    names = _names_of(folder)
    placed = _placed([piece for piece in pieces if piece.content], naming, names)
    store = open_known(context)
    with reporter.display("Restoring") as shown:
        shown.expect(len(placed))
        work = _Retrieval(context, store, folder, shown, naming, names)
        workers = context.settings.upload.workers
        run_bounded(work.one, {"": list(placed.items())}, workers, work.stop, "restore")
    missing = [piece for piece in pieces if not piece.content]
    work.done.lost_versions = sum(bool(piece.version) and not piece.is_current for piece in missing)
    work.done.unarchived = len(missing) - work.done.lost_versions
    rows = [
        (work.renamed.get(path, path), piece)
        for path, alike in placed.items()
        if path not in work.done.failures
        for piece in alike
    ]
    write_whole(folder / INDEX, _index(rows))
    return work.done


def _names_of(folder: Path) -> Naming:
    """How the disk of ``folder``, which is made if missing, compares names."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return naming_of(folder)
    except OSError as error:
        raise not_written(str(folder), error) from None


def _placed(
    pieces: list[Piece], naming: Callable[[str], str], names: Naming
) -> dict[str, list[Piece]]:
    """Path -> the pieces that have it.

    Other bytes of the same name, as the disk compares names, get the asset's id added, those of
    another version its mark too.
    """
    placed: dict[str, list[Piece]] = {}
    spelled: dict[str, str] = {}
    for piece in pieces:
        path = naming(_safe(piece.path) or _safe(piece.object_key) or piece.asset_id)
        plain = PurePosixPath(path)
        marked = f"{piece.asset_id}-{version_mark(str(piece.sha256))}"
        for place in (plain, apart(plain, piece.asset_id), apart(plain, marked)):
            path = _spelled(place, names, spelled)
            alike = placed.setdefault(path, [])
            if not alike or alike[0].content == piece.content:
                alike.append(piece)
                break
    return placed


def _spelled(path: PurePosixPath, names: Naming, spelled: dict[str, str]) -> str:
    """``path`` as it and its folders are spelled already: the first spelling is the disk's."""
    so_far = PurePosixPath()
    for part in path.parts:
        longer = (so_far / part).as_posix()
        so_far = PurePosixPath(spelled.setdefault(names.key(longer), longer))
    return so_far.as_posix()


def _safe(path: str | None) -> str | None:
    """``path``, if it leads to no place but below where it starts."""
    return path if path and is_plain(path) else None


def _index(rows: list[tuple[str, Piece]]) -> bytes:
    lines = []
    for path, piece in sorted(rows, key=lambda row: (row[0], row[1].asset_id, row[1].version or 0)):
        person = (piece.row_id, piece.name, piece.email, piece.personality_type)
        source = (piece.asset_kind, piece.provider, piece.media_id, piece.original_url)
        content = (path, piece.sha256, piece.size_bytes, piece.cloud_url)
        version = (piece.version, "true" if piece.is_current else "false")
        cells = (*person, *source, *content, *version)
        lines.append([None if cell is None else str(cell) for cell in cells])
    return guarded_csv(HEADER, lines)


class _Retrieval:
    def __init__(
        self,
        context: Context,
        store: "Store",
        folder: Path,
        shown: Display,
        naming: Callable[[str], str],
        names: Naming,
    ) -> None:
        self.context, self.store, self.folder, self.shown = context, store, folder, shown
        self.naming, self.names = naming, names
        self.renamed: dict[str, str] = {}
        self.stop, self.lock, self.done = Stop(), threading.Lock(), Retrieved()

    def one(self, placed: tuple[str, list[Piece]]) -> None:
        """Bring back one file, whose first asset stands for all."""
        path, piece = placed[0], placed[1][0]
        if (content := piece.content) is None:
            return
        self.shown.update(Progress(piece, "running", 0, content.size_bytes))
        try:
            place, fresh = self._place(piece, path, content)
            hashes = {place: content.sha256}
            if piece.asset_kind == "transcript":
                hashes |= self._write_words(self.folder / place, piece)
        except TransferError as error:
            why = f"{error}{self._elsewhere(piece)}"
            with self.lock:
                self.done.failures[path] = why
            self.shown.update(Progress(piece, "failed", message=f"{path}: {why}"))
            return
        with self.lock:
            self.done.hashes |= hashes
            self.renamed[path] = place
            self.done.restored += fresh
            self.done.present += not fresh
            self.done.size_bytes += content.size_bytes if fresh else 0
        size = content.size_bytes
        self.shown.update(Progress(piece, "restored", size, size, place))

    def _place(self, piece: Piece, path: str, content: Content) -> tuple[str, bool]:
        """Where the file is, and whether it was not there before: where the disk can't have its
        name, under the asset's id."""
        try:
            return path, self._fetch(piece, stored_path(self.folder, path), content)
        except NeedsPersonError as error:
            if error.code != "name_refused":
                raise
        plain = f"{RENAMED}/{piece.asset_id}.{safe_extension(path, None)}"
        return plain, self._fetch(piece, stored_path(self.folder, plain), content)

    def _fetch(self, piece: Piece, place: Path, content: Content) -> bool:
        from uploaders.base import key_below
        from uploaders.restore import restore_object, write_back

        if piece.store is None:
            source = asset_path(self.context.settings.data_dir, str(piece.path))
            return write_back(lambda: _chunks(source), place, content)
        key = key_below(piece.store, str(piece.object_key))
        return restore_object(self.store, key, place, content, self.context.settings, self.stop)

    def _write_words(self, captions: Path, piece: Piece) -> dict[str, str]:
        """Put the plain words of ``captions`` where the download had put them.

        A later release may take other words from the same captions than were recorded: those never
        take the place of a file. Path -> SHA-256 of what was written.
        """
        from downloaders.ytdlp.captions import plain_text
        from uploaders.restore import write_back

        details = piece.details
        path, sha256 = _safe(details.get("text_path")), details.get("text_sha256")
        if path is None or sha256 is None:
            return {}
        rolling = details.get("caption_source") == "automatic"
        words = plain_text(captions.read_text("utf-8-sig", "replace"), rolling=rolling).encode()
        path, fresh = self.naming(path), hashlib.sha256(words).hexdigest()
        if fresh != sha256 and (self.folder / path).exists():
            return {}
        content = Content(fresh, len(words))
        try:
            write_back(lambda: [words], stored_path(self.folder, path), content)
        except NeedsPersonError as error:
            taken = error.code == "place_taken" and not self.names.is_exact
            if not taken and error.code != "name_refused":
                raise
            path = apart(PurePosixPath(path), piece.asset_id).as_posix()
            path = path if taken else f"{RENAMED}/{piece.asset_id}.txt"
            write_back(lambda: [words], stored_path(self.folder, path), content)
        return {path: fresh}

    def _elsewhere(self, piece: Piece) -> str:
        """A store of another address is tried too: the hash tells whether it has the bytes."""
        if piece.store is None or piece.store == self.store.root:
            return ""
        name = said_of(self.context, piece.store)
        return f" (it was archived in {name}: name that with --store)"


def _chunks(path: Path) -> Iterator[bytes]:
    from uploaders.base import CHUNK

    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        words = f"{path} can't be read ({error.strerror}): run rowkeeper verify"
        raise NeedsPersonError("local_file_missing", words) from None
