"""An archive as a BagIt bag: made beside its place, validated, then put there.

The bag is of version 0.97, which bagit-python writes. Of a name it encodes line ends alone, so
``payload_name`` sees to it that nothing else needs to be.
"""

import contextlib
import logging
import re
import shutil
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from rowkeeper.core.disk.faults import not_written
from rowkeeper.core.disk.known import KnownFiles
from rowkeeper.core.disk.own import is_own_file, is_own_folder, write_small
from rowkeeper.core.disk.writing import sync
from rowkeeper.core.errors import FixityError, RowkeeperError, UsageError

UNFINISHED = ".unfinished"
DECLARATION = "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD = "data"
_LINE_END = re.compile(r"%(?=0[ad])", re.I)


def payload_name(path: str) -> str:
    """``path`` as a bag can have it, on every file system and for every reader of its manifest.

    In Unicode's form C; what can't be printed becomes ``_``; ``%0A`` and ``%0D``, which readers
    take for line ends, become ``%250A`` and ``%250D``.
    """
    normal = unicodedata.normalize("NFC", path.encode("utf-8", "replace").decode())
    shown = "".join(char if char.isprintable() else "_" for char in normal)
    shown = f"{shown[:-1]}_" if shown.endswith(" ") else shown
    return _LINE_END.sub("%25", shown)


def begin(place: Path) -> Path:
    """The folder in which the bag of ``place`` is made, emptied of all but an earlier payload.

    Raises ``UsageError`` if something is at ``place``, or what nobody knows to be ours where the
    bag is made: a mark beside that folder says so.
    """
    work = place.with_name(place.name + UNFINISHED)
    try:
        if place.is_symlink() or _is_taken(place):
            raise UsageError(f"{place} is not empty: give a new folder, or move that one away.")
        if not is_own_file(_mark(work)) and (_is_taken(work) or work.is_symlink()):
            raise UsageError(
                f"{work} is there, and no bag that was begun here: move it away, or give a new "
                "folder."
            )
        work.mkdir(parents=True, exist_ok=True)
        write_small(_mark(work), "The folder of this name is a bag that rowkeeper makes.\n")
        for path in work.iterdir():
            if path.name != PAYLOAD or path.is_symlink():
                shutil.rmtree(path) if is_own_folder(path) else path.unlink()
        (work / PAYLOAD).mkdir(exist_ok=True)
        return work
    except OSError as error:
        raise _refused(place, error) from None


def _mark(work: Path) -> Path:
    return work.with_name(f"{work.name}.rowkeeper")


def _is_taken(place: Path) -> bool:
    return place.exists() and (not place.is_dir() or any(place.iterdir()))


def clean(folder: Path, kept: set[str]) -> None:
    """Remove all files below ``folder`` but those at ``kept``: what an earlier try left.

    The disk may spell names in another way than they were written, so files are known as such.
    """
    ours = KnownFiles(folder, kept)
    try:
        for path in list(folder.rglob("*")):
            if not is_own_folder(path) and path.relative_to(folder).as_posix() not in ours:
                path.unlink()
    except OSError as error:
        raise _refused(folder, error) from None


def finish(work: Path, place: Path, info: Mapping[str, str], hashes: Mapping[str, str]) -> None:
    """Make the payload in ``work`` a bag, hold it to ``hashes``, validate it, put it at ``place``.

    ``hashes``: path below the payload -> SHA-256. Raises ``FixityError`` if the bag is not valid or
    a file is another, and ``DiskError`` if the disk refuses; ``place`` is then as it was.
    """
    from bagit import BagError  # type: ignore[import-untyped]

    logging.getLogger("bagit").setLevel(logging.CRITICAL)  # it is told by the error
    try:
        with contextlib.chdir(work):  # bagit goes there itself and may not come back
            _seal(work, info, hashes)
        if place.is_dir():
            place.rmdir()  # an empty one, which not every disk lets itself be renamed over
        work.rename(place)
        _mark(work).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            sync(place.parent)
    except BagError as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise FixityError(f"The bag in {work} is not valid ({said}): export it again.") from None
    except OSError as error:
        raise _refused(place, error) from None


def _seal(work: Path, info: Mapping[str, str], hashes: Mapping[str, str]) -> None:
    from bagit import Bag

    (work / "bagit.txt").write_text(DECLARATION)
    (work / "manifest-sha256.txt").touch()  # by which bagit knows what to hash with
    bag = Bag(str(work))
    bag.info.update(info)
    bag.save(manifests=True)
    bag = Bag(str(work))
    entries = bag.payload_entries().items()
    sealed = {unicodedata.normalize("NFC", path): entry["sha256"] for path, entry in entries}
    wanted = {f"{PAYLOAD}/{path}": sha256 for path, sha256 in hashes.items()}
    if changed := sorted(path for path, sha256 in wanted.items() if sealed.get(path) != sha256):
        raise FixityError(
            f"{len(changed)} files changed while the bag was made, such as {changed[0]}: "
            "export it again."
        )
    bag.validate()
    for path in work.glob("*.txt"):
        sync(path)


def _refused(place: Path, error: OSError) -> RowkeeperError:
    return not_written(f"The bag {place}", error)
