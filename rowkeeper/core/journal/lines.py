"""Lines of the journal: how one says that it is whole, and what is whole within a damaged one.

A line is an event as JSON with two more fields at its end: its number in the segment and the CRC-32
of all before that.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from rowkeeper.core.events import AssetEvent

CRC_BYTES = len(b',"_crc32":"00000000"}')
CHECKED_END = re.compile(rb',"_crc32":"([0-9a-f]{8})"\}')
COSTS = 1000
"""What to try one begin costs, in bytes of a checksum."""


def checked(body: bytes) -> bytes:
    """A JSON object, without its closing brace, as a line that ends in its CRC-32."""
    return body + b',"_crc32":"%08x"}\n' % crc32(body)


def unchecked(line: bytes) -> bytes | None:
    """The body of such a line, with or without its line end; None if it is not whole."""
    line = line.removesuffix(b"\n")
    body, end = line[:-CRC_BYTES], line[-CRC_BYTES:]
    return body if end == b',"_crc32":"%08x"}' % crc32(body) else None


def to_line(event: AssetEvent, number: int) -> bytes:
    """``event`` as line ``number`` of a segment."""
    return checked(event.to_json().encode()[:-1] + _number(number))


def _number(number: int) -> bytes:
    return b',"_line":%d' % number


def are_whole(lines: Iterable[bytes], first: int) -> bool:
    """Are these the lines of a segment from number ``first`` on, without their ends, all whole?"""
    bodies = map(unchecked, lines)
    return all(body and body.endswith(_number(at)) for at, body in enumerate(bodies, first))


@dataclass
class SumBudget:
    """How many bytes may yet be summed to look for whole records in damaged lines: each begin is
    tried with each end, and so a file that is made to cost takes no longer than a large one."""

    left: int = 1 << 30


def whole_in(line: bytes, work: SumBudget | None = None) -> Iterator[bytes]:
    """The records within a damaged line that are whole: two of them where a line end was hit."""
    work = work or SumBudget()
    start = 0
    for end in CHECKED_END.finditer(line):
        begin = line.find(b"{", start, end.end())
        while begin >= 0:
            work.left -= end.end() - begin + COSTS
            if work.left < 0:
                return
            if (body := unchecked(line[begin : end.end()])) is not None:
                yield body
                start = end.end()
                break
            begin = line.find(b"{", begin + 1, end.end())
