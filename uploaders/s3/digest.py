"""SHA-256 as S3 writes it: of a whole body, and of an object in parts."""

import base64
import hashlib
from collections.abc import Iterator, Sequence

from rowkeeper.core.errors import NeedsPersonError
from uploaders.base import open_source
from uploaders.values import UploadRequest

MAX_PARTS = 10_000


def base64_digest(digest: bytes) -> str:
    """A digest as S3 writes it."""
    return base64.b64encode(digest).decode()


def hex_digest(text: str) -> str:
    """The other way round: a digest as we write it."""
    return base64.b64decode(text).hex()


def composite(digests: Sequence[bytes]) -> str:
    """The checksum that S3 keeps of an object in parts: ``base64-count``."""
    return f"{base64_digest(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def composite_checksum(request: UploadRequest, part_size: int) -> str | None:
    """The checksum that S3 keeps of the file when it is sent in parts.

    None if the file is gone or has another SHA-256 by now: then it says nothing about an object.
    """
    whole, digests = hashlib.sha256(), []
    try:
        for body in pieces(request, part_size):
            whole.update(body)
            digests.append(hashlib.sha256(body).digest())
    except NeedsPersonError:
        return None
    return composite(digests) if whole.hexdigest() == request.sha256 else None


def pieces(request: UploadRequest, part_size: int) -> Iterator[bytes]:
    """The file in pieces of ``part_size`` bytes, or of more where it would be over 10,000."""
    size = max(part_size, -(-request.size_bytes // MAX_PARTS))
    with open_source(request) as file:
        while body := file.read(size):
            yield body
