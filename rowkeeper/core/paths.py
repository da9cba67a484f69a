"""Names from outside made safe as one path segment, and the hash of a file."""

import hashlib
import mimetypes
import re
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from rowkeeper.core.disk.own import read_file
from rowkeeper.core.said import without_secrets

AnyPath = TypeVar("AnyPath", bound=PurePath)

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


def base_name(name: str) -> str:
    """The name of a file without the folders of Windows or of another system before it."""
    return re.split(r"[\\/]", name)[-1] or name


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
