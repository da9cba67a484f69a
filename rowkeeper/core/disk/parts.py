"""Files that grow beside their place, under a name that no other program gives."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import BinaryIO

from rowkeeper.core.disk.locks import awaited, try_lock, unlock
from rowkeeper.core.disk.own import is_own_file, own_file, standing_file
from rowkeeper.core.disk.stored import LONGEST_PART
from rowkeeper.core.patience import Patience

PART = ".rowkeeper.part"


def part_of(path: Path) -> Path:
    """Where the file for ``path`` grows."""
    name = path.name + PART
    if len(os.fsencode(name)) > LONGEST_PART:
        name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32] + PART
    return path.with_name(name)


@contextmanager
def growing(path: Path) -> Iterator[BufferedWriter]:
    """The part of ``path``, empty and locked; removed in the end if it still is one.

    A second writer waits for the first, and says so. Raises ``OSError``.
    """
    part, wait = part_of(path), Patience(f"another writer of {path}")

    def tell() -> None:
        wait.tell(lambda: "another run or thread has not ended with it")

    while True:
        with BufferedWriter(own_file(part)) as file, awaited(file, tell):
            if not _is_at(file, part):
                continue  # its writer has renamed or removed it meanwhile
            file.truncate(0)
            try:
                yield file
            finally:
                if _is_at(file, part):
                    part.unlink(missing_ok=True)
            return


def sweep(folder: Path) -> None:
    """Remove the parts below ``folder`` that no writer holds. Raises ``OSError``."""
    for part in folder.rglob(f"*{PART}"):
        if not is_own_file(part):
            continue  # a link or a pipe of that name is none of ours
        with ExitStack() as stack:
            file = stack.enter_context(standing_file(part))
            if try_lock(file):
                stack.callback(unlock, file)
                if _is_at(file, part):
                    part.unlink()


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False
