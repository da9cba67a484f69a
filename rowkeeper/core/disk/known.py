"""Files that are known by name, whatever spelling the disk has for them."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from rowkeeper.core.disk.names import Identity, Naming, identity
from rowkeeper.core.disk.probe import naming_of


class KnownFiles:
    """The files below ``folder`` that have these names, relative to it and with forward slashes.

    A file is one of them if its name is, as the disk compares names, or if it is the same file: a
    folder may be reached by a link, and FUSE gives a file another inode for each spelling. The disk
    is asked only when a name is met that none of them has.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._folder, self._names = folder, frozenset(names)

    def __contains__(self, name: object) -> bool:
        return (
            str(name) in self._names
            or self._naming.key(str(name)) in self._keys
            or identity(self._folder / str(name)) in self._identities
        )

    @cached_property
    def _naming(self) -> Naming:
        try:
            return naming_of(self._folder)
        except OSError:  # it can't be asked: then names that may be one are one
            return Naming(is_exact=False)

    @cached_property
    def _keys(self) -> set[str]:
        return {self._naming.key(name) for name in self._names}

    @cached_property
    def _identities(self) -> set[Identity]:
        identities = (identity(self._folder / name) for name in self._names if ".." not in name)
        return {item for item in identities if item is not None}
