"""Lines of JSON that end in their checksum, so that each says by itself that it is whole."""

from zlib import crc32

CRC_BYTES = len(b',"_crc32":"00000000"}')


def checked(body: bytes) -> bytes:
    """A JSON object, without its closing brace, as a line that ends in its CRC-32."""
    return body + b',"_crc32":"%08x"}\n' % crc32(body)


def unchecked(line: bytes) -> bytes | None:
    """The body of such a line, with or without its line end; None if it is not whole."""
    line = line.removesuffix(b"\n")
    body, end = line[:-CRC_BYTES], line[-CRC_BYTES:]
    return body if end == b',"_crc32":"%08x"}' % crc32(body) else None
