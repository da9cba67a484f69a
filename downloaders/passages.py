"""Passages: what a search finds and quotes, cut from captions and from documents.

A passage of captions is a sentence or about half a minute, one of a document a paragraph.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from downloaders.outcomes import storable
from downloaders.ytdlp.captions import CaptionLine, spoken_lines
from rowkeeper.core.said import without_secrets
from rowkeeper.core.text import trimmed

RULES = 2
"""The number of these rules: what older ones have cut is cut again."""
LONGEST_S = 30.0
SHORTEST = 40
"""Characters; a shorter sentence goes on with the next one."""
LONGEST = 1_000
"""Characters of a passage; a longer one is cut at a space."""
SILENCE_S = 5.0
"""After so long a pause something new begins."""
LATEST_S = 10_000_000.0
"""No recording lasts longer: later times are somebody's joke."""
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
_ENDS = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")


@dataclass(frozen=True)
class Passage:
    """``start_s`` and ``end_s`` are seconds of a recording; None in a document."""

    text: str
    start_s: float | None = None
    end_s: float | None = None


def cut_captions(vtt: str, *, rolling: bool) -> list[Passage]:
    """The passages of WebVTT. Raises ``ValueError`` where it is none."""
    return list(_merged(spoken_lines(vtt, rolling=rolling)))


def cut_text(text: str) -> list[Passage]:
    """The paragraphs of a plain text: its lines that are not blank."""
    return [Passage(piece) for line in text.splitlines() for piece in _pieces(_clean(line))]


FORMS: dict[str, Callable[[str], list[Passage]]] = {
    "captions": lambda text: cut_captions(text, rolling=False),
    "rolling": lambda text: cut_captions(text, rolling=True),
    "text": cut_text,
}
"""How a text is read: captions as people write them, as speech recognition does, or plain."""


def _merged(lines: Iterable[CaptionLine]) -> Iterator[Passage]:
    words: list[str] = []
    start = end = 0.0
    length = 0  # of the words; a line may be blank, so there may be very many of them
    for line in lines:
        begins, ends = _seconds(line.start), _seconds(line.end)
        if words and (begins - end > SILENCE_S or begins < start or ends - start > LONGEST_S):
            yield from _passages(words, start, end)
            words, length = [], 0
        start = start if words else begins
        end = max(ends, begins)
        words.append(_clean(line.text))
        length += len(words[-1])
        if length >= LONGEST or (length >= SHORTEST and _ENDS.search(words[-1])):
            yield from _passages(words, start, end)
            words, length = [], 0
    if words:
        yield from _passages(words, start, end)


def _passages(words: list[str], start: float, end: float) -> Iterator[Passage]:
    for piece in _pieces(" ".join(words)):
        yield Passage(piece, start, end)


def _pieces(text: str) -> Iterator[str]:
    """``text`` in pieces that are not too long."""
    begin, end = 0, len(text)
    while end - begin > LONGEST:
        place = text.rfind(" ", begin + SHORTEST, begin + LONGEST)
        place = begin + LONGEST if place < 0 else place
        yield text[begin:place]
        begin = place
        while begin < end and text[begin] == " ":
            begin += 1
    if rest := text[begin:].rstrip() if begin else text:
        yield rest


def _clean(text: str) -> str:
    """``text`` without control characters and secrets of addresses, with single spaces, fit for
    JSON and a warehouse. A search needs no signature, and whoever has one has the file."""
    return trimmed(without_secrets(" ".join(str(storable(text)).translate(_CONTROLS).split())))


def _seconds(milliseconds: int) -> float:
    return min(milliseconds / 1000, LATEST_S)
