"""Fixity: bytes are read again and held to what was recorded of them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ASIDE = "damaged"
"""Where damaged objects and files are kept, in the store and below ``files/``."""


class Damage(StrEnum):
    """What became of bytes that are not as they were recorded."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    SWAPPED = "swapped"  # they are another asset's
    CHANGED = "changed"


@dataclass(frozen=True)
class Content:
    """Bytes by their SHA-256 (lower-case hex) and their number."""

    sha256: str
    size_bytes: int


def content_of(chunks: Iterable[bytes]) -> Content:
    """What ``chunks`` are in all."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return Content(digest.hexdigest(), size)


def md5_of(path: Path, content: Content) -> str | None:
    """The MD5 of a file, lower-case hex; None if it is gone or no longer is ``content``."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                md5.update(chunk)
                sha256.update(chunk)
    except OSError:
        return None
    return md5.hexdigest() if sha256.hexdigest() == content.sha256 else None


def damage(
    content: Content, recorded: Content, owners: Mapping[str, str]
) -> tuple[Damage, str] | None:
    """What became of ``recorded``, with words for it; None if ``content`` is the same.

    ``owners``: SHA-256 -> whose bytes these are, of everything that is recorded.
    """
    if content == recorded:
        return None
    if owner := owners.get(content.sha256):
        return Damage.SWAPPED, f"It has the bytes of {owner}."
    if content.size_bytes < recorded.size_bytes:
        words = f"It has {content.size_bytes:,} of {recorded.size_bytes:,} bytes."
        return Damage.TRUNCATED, words
    return Damage.CHANGED, "Its SHA-256 is not the recorded one."
