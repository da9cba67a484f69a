"""The files of a site: only what changed is written, by one process at a time."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rowkeeper.core.disk.faults import REFUSED, not_written
from rowkeeper.core.disk.locks import locked
from rowkeeper.core.disk.own import is_own_file, own_file, refuse_links, replace_small
from rowkeeper.core.disk.stored import is_plain
from rowkeeper.core.errors import UsageError
from rowkeeper.core.files import write_whole
from rowkeeper.core.text import from_json

MADE = ".made.json"
"""In the site's folder: of what each file was made."""
BEGUN = ".begun.txt"
"""While a site is written: the files that are written, a line each, before they are; then nothing.
Who writes has its lock."""


@dataclass
class WrittenSite:
    """How many files the site has, and how many of them were written or removed now."""

    folder: Path
    files: int = 0
    changed: int = 0


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Who else would write there waits: of two at once neither knows what the other has written.

    Whoever may only read there has nobody to wait for. Raises ``DiskError`` and ``UsageError``.
    """
    _require_site(folder)
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(stack.enter_context(own_file(folder / BEGUN))))
        except OSError as error:
            if error.errno not in REFUSED or not is_own_file(folder / MADE):
                raise not_written(str(folder), error) from error
        yield


def _require_site(folder: Path) -> None:
    """Raises ``UsageError`` for a folder that holds other things."""
    is_site = any(is_own_file(folder / name) for name in (MADE, BEGUN))
    if not is_site and folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} holds other things than a site: name an empty folder with --to."
        )


@dataclass
class SiteFiles:
    """The files of a site. ``made``: path -> a hash of what it is made of.

    Of what somebody was killed over nobody knows what it was made of, so it is written again, and
    what ``together`` names: the files that say of what many others were made.
    """

    folder: Path
    together: tuple[str, ...] = ()
    made: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    changed: int = 0

    def __post_init__(self) -> None:
        _require_site(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        known, begun = self.folder / MADE, self.folder / BEGUN
        if is_own_file(known):
            self.before = _read_made(known)
        if is_own_file(begun) and (paths := _read_begun(begun)):
            self.before |= dict.fromkeys([*paths, *self.together], "")

    def put(self, path: str, made_of: Any, make: Callable[[], str]) -> None:
        """Write ``path`` unless it was made of the same before."""
        known = digest(made_of)
        place = self.folder / path
        self.made[path] = known
        refuse_links(self.folder, place.parent)
        if self.before.get(path) == known and is_own_file(place):
            return
        self._begin(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_small(place, make(), f".{os.getpid()}.part")
        self.changed += 1

    def _begin(self, path: str) -> None:
        """``path`` is about to change."""
        with own_file(self.folder / BEGUN) as file:
            file.write(f"{path}\n".encode())

    def below(self, prefix: str) -> dict[str, str]:
        """What was made below ``prefix`` before."""
        return {path: of for path, of in self.before.items() if path.startswith(prefix)}

    def finish(self) -> WrittenSite:
        """Remove what the site no longer has, and remember what it has."""
        for path in self.before.keys() - self.made.keys():
            refuse_links(self.folder, (self.folder / path).parent)
            (self.folder / path).unlink(missing_ok=True)
            self.changed += 1
        if self.before != self.made:
            write_whole(self.folder / MADE, json.dumps(self.made, sort_keys=True).encode())
        if is_own_file(begun := self.folder / BEGUN) and begun.stat().st_size:
            with own_file(begun) as file:
                file.truncate(0)
        return WrittenSite(self.folder, len(self.made), self.changed)


def _read_made(path: Path) -> dict[str, str]:
    try:
        made = from_json(path.read_bytes())
        return {str(name): str(of) for name, of in made.items() if is_plain(str(name))}
    except (ValueError, AttributeError):
        return {}


def _read_begun(path: Path) -> list[str]:
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    return [line for line in lines if is_plain(line)]


def digest(made_of: Any) -> str:
    """A hash of whatever something is made of."""
    return hashlib.sha256(repr(made_of).encode("utf-8", "replace")).hexdigest()
