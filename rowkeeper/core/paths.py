"""Names from outside made safe as one path segment, the hash of a file, the id of a folder."""

import hashlib
import mimetypes
import re
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from rowkeeper.core.checked_lines import unchecked
from rowkeeper.core.disk.locks import locked
from rowkeeper.core.disk.names import refuse_evicted
from rowkeeper.core.disk.own import is_own_file, own_file, read_file, write_new
from rowkeeper.core.disk.presence import make_folder
from rowkeeper.core.ids import new_id
from rowkeeper.core.said import without_secrets

AnyPath = TypeVar("AnyPath", bound=PurePath)

FOLDER_ID = "folder.id"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOLD = re.compile(
    rb'"(?:folder_id|data_folder)":\s?"([0-9a-f-]{36})"|"store":"folder://([0-9a-f-]{36})/'
)
"""How reports and events name the data folder that they are of."""
MAX_SEGMENT = 100
DEFAULT_EXTENSION = "bin"
_KEPT = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_PREFERRED = {"audio/mp4": "m4a", "image/jpeg": "jpg", "text/plain": "txt"}


def safe_segment(text: str) -> str:
    """One path segment for ``text``: 1 to 100 characters of ``[A-Za-z0-9_%-]``.

    ``[A-Za-z0-9_-]`` stay, every other byte of its UTF-8 becomes ``%XX``, so texts that differ have
    segments that differ. A longer result is cut and ends in a hash of the whole text; so does one
    without the secrets of a signed address.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= MAX_SEGMENT and _PLAIN.fullmatch(text):
        return text
    open_text = without_secrets(text)
    open_raw = raw if open_text == text else open_text.encode("utf-8", "surrogatepass")
    segment = "".join(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in open_raw)
    if len(segment) > MAX_SEGMENT or open_text != text:
        digest = hashlib.sha256(raw).hexdigest()[:16]
        return f"{segment[: MAX_SEGMENT - 17]}-{digest}"
    return segment or "_"


def safe_extension(name: str | None, mime: str | None) -> str:
    """A file extension without its dot, ``[a-z0-9]{1,8}``: of the name, else the type, else bin.

    ``part`` is not taken from a name: it marks files that are not finished.
    """
    suffix = PurePosixPath(name or "").suffix[1:].lower()
    if _EXTENSION.fullmatch(suffix) and suffix != "part":
        return suffix
    kind = (mime or "").partition(";")[0].strip().lower()
    guessed = _PREFERRED.get(kind) or (mimetypes.guess_extension(kind) or "")[1:]
    return guessed if _EXTENSION.fullmatch(guessed) else DEFAULT_EXTENSION


def apart(path: AnyPath, mark: str) -> AnyPath:
    """``path`` with ``mark``, such as an asset's id, in its name: its own place has other bytes."""
    return path.with_name(f"{path.stem}-{mark}{path.suffix}")


def version_mark(sha256: str) -> str:
    """What tells a later version of an asset from the first, in the names of files and objects."""
    return sha256[:12]


def sha256_file(path: Path) -> tuple[str, int]:
    """The SHA-256 (lower-case hex) and the size in bytes of a file; raises ``OSError``."""
    with read_file(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def folder_id(data_dir: Path) -> str:
    """Which data folder this is: drawn once and kept with its journal, which it moves with.

    Where that file is lost or damaged, it is written anew as the journal tells it. Raises
    ``DiskError`` where a sync service keeps it elsewhere: another would be drawn.
    """
    if (path := known_folder(data_dir)) is None:
        path = data_dir / "journal" / FOLDER_ID
        make_folder(path.parent)
        _keep(path, told_id(path.parent) or new_id())
    return _id_in(path)


def known_id(data_dir: Path) -> str | None:
    """Which data folder is there already; None for none. Raises as :func:`folder_id`."""
    path = known_folder(data_dir)
    return _id_in(path) if path else told_id(data_dir / "journal")


def known_folder(data_dir: Path) -> Path | None:
    """The file that says which data folder this is; None where none was made yet.

    Raises as :func:`folder_id`.
    """
    before_it_was_kept_with_the_journal = data_dir / FOLDER_ID
    for path in (before_it_was_kept_with_the_journal, data_dir / "journal" / FOLDER_ID):
        refuse_evicted(path)
        if path.is_file() and _id_in(path):
            return path
    return None


def told_id(journal: Path) -> str | None:
    """The id of the data folder that a journal says it is of; None where it tells of none."""
    for path in (journal / "runs.jsonl", *sorted((journal / "sealed").glob("*.jsonl"))):
        try:
            lines = path.read_bytes().splitlines() if is_own_file(path) else []
        except OSError:
            continue
        for line in reversed(lines):
            body = unchecked(line)
            if body is not None and (found := _TOLD.search(body)):
                return (found[1] or found[2]).decode()
    return None


def _id_in(path: Path) -> str:
    """The id that a file holds; '' for one that a killed writer or a power cut left without."""
    text = path.read_bytes().decode("utf-8", "replace").strip()
    return text if _ID.fullmatch(text) else ""


def _keep(path: Path, folder_id: str) -> None:
    """Make ``path`` with this id; of several that do so at once the first one's stays."""
    fresh = path.with_name(f"{path.name}.{new_id()}")
    write_new(fresh, folder_id.encode())
    with own_file(path.with_name(f"{path.name}.lock")) as file, locked(file):
        if path.is_file() and _id_in(path):
            fresh.unlink()
        else:
            fresh.replace(path)
