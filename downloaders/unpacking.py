"""A body that comes packed, though it was asked for as it is: unpacked, and held to its end."""

import zlib
from collections.abc import Iterable, Iterator

from rowkeeper.core.errors import RetryLaterError

ZLIB = frozenset({"gzip", "x-gzip", "deflate"})
UNKNOWN = frozenset({"zstd", "compress", "x-compress", "dcb", "dcz"})
"""What nothing here unpacks. Other words, such as utf-8 and aws-chunked, only look like packing."""
_ANY_HEADER = 32 + zlib.MAX_WBITS


def check_known(encoding: str) -> None:
    """Raise ``RetryLaterError`` for what would be kept as it was packed."""
    if encoding in UNKNOWN:
        words = f"The file comes packed as {encoding}, which was not asked for."
        raise RetryLaterError("packed", words)


def unpacked(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The bytes behind ``chunks`` of gzip or zlib, at most ``most`` of them at a time.

    Raises ``RetryLaterError`` where they end too soon or are no such thing.
    """
    unpacker = zlib.decompressobj(_ANY_HEADER)
    try:
        for chunk in chunks:
            while chunk:
                if unpacker.eof:  # several files of gzip in a row are one
                    unpacker = zlib.decompressobj(_ANY_HEADER)
                yield unpacker.decompress(chunk, most)
                chunk = unpacker.unconsumed_tail or unpacker.unused_data
        yield unpacker.flush()
    except zlib.error:
        raise RetryLaterError("packed", "What came packed can't be unpacked.") from None
    if not unpacker.eof:
        raise RetryLaterError("truncated", "What came packed ends before its end.")
