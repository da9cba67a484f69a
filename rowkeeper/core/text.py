"""Small text rules that all sources share."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters that take no room on the screen and so stand unseen at the ends of cells."""

INVISIBLE = ZERO_WIDTH + "\u00ad\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""As a class of a pattern has them: these, and what hyphenates and directs text unseen."""


def trimmed(text: str) -> str:
    """``text`` without white space and zero-width characters at its ends."""
    before = None
    while text != before:
        before, text = text, text.strip().strip(ZERO_WIDTH)
    return text


def to_json(value: Any) -> str:
    """Compact JSON in which every string stands as it was."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sha256(text: str) -> str:
    """The SHA-256 of ``text`` in UTF-8, as lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def harmless(text: str) -> str:
    """``text`` on one line, without what a terminal would obey or hide."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def quoted(text: str, most: int = 40) -> str:
    """A text from outside as it may stand in a sentence: harmless, in quotes, not too long."""
    shown = harmless(text)
    return f"'{shown[:most]}…'" if len(shown) > most else f"'{shown}'"


def some_of(names: Sequence[str], most: int) -> str:
    """The first ``most`` of ``names`` as a sentence lists them, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
