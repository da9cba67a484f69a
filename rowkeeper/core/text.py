"""Small text rules that all sources share."""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters that take no room on the screen and so stand unseen at the ends of cells."""

INVISIBLE = (
    ZERO_WIDTH
    + "\u00ad\u061c\u200e\u200f"
    + "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
)
"""These, and what hyphenates and directs text unseen."""

_BLANK = ZERO_WIDTH + "".join(char for char in map(chr, range(0x3001)) if char.isspace())

MANY_MARKS = 2000
"""Characters: a shorter text has not so many marks that their order takes long."""


def trimmed(text: str) -> str:
    """``text`` without white space and zero-width characters at its ends."""
    return text.strip(_BLANK)


def compatible(text: str) -> str:
    """``text`` in NFKC, in a time that grows with its length.

    Marks are put in their order first: the library takes the square of their number for it.
    """
    if text.isascii():
        return text
    if len(text) < MANY_MARKS:
        return unicodedata.normalize("NFKC", text)
    parts = "".join(unicodedata.normalize("NFKD", char) for char in text)
    runs = groupby(parts, key=lambda char: unicodedata.combining(char) > 0)
    ordered = (sorted(run, key=unicodedata.combining) if marks else run for marks, run in runs)
    return unicodedata.normalize("NFKC", "".join(char for run in ordered for char in run))


_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def is_encodable(text: str) -> bool:
    """Has it neither half characters, which no encoding has, nor NULs, which Postgres refuses?"""
    return "\0" not in text and (text.isascii() or _NO_TEXT.search(text) is None)


def encodable(text: str) -> str:
    """``text`` with U+FFFD for what is not encodable: JSON and scripts may write it."""
    return _NO_TEXT.sub("\ufffd", text)


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """``value`` of JSON with each text in it as ``change`` has it, names too; tuples as lists."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {each_text(key, change): each_text(item, change) for key, item in value.items()}
    return [each_text(item, change) for item in value] if isinstance(value, list | tuple) else value


def to_json(value: Any) -> str:
    """Compact JSON in which every string stands as it was."""
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


MOST_NESTED = 100
"""Lists and objects in each other: beyond a thousand Python gives up, and nobody writes so many."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def from_json(text: str | bytes) -> Any:
    """The value of a JSON text from outside; raises ``ValueError``, also if it nests too deep."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    if text.count("[") + text.count("{") > MOST_NESTED and _depth(text) > MOST_NESTED:
        raise ValueError(f"more than {MOST_NESTED} lists and objects in each other")
    return _DECODER.decode(text)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:20]} is larger than any number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def sha256(text: str) -> str:
    """The SHA-256 of ``text`` in UTF-8, as lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def harmless(text: str) -> str:
    """``text`` on one line, without what a terminal would obey or hide."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def quoted(text: str, most: int = 40) -> str:
    """A text from outside as it may stand in a sentence: harmless, in quotes, not too long."""
    shown = harmless(text)
    return f"'{shown[:most]}…'" if len(shown) > most else f"'{shown}'"


def some_of(names: Sequence[str], most: int) -> str:
    """The first ``most`` of ``names`` as a sentence lists them, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
