"""How anything reaches a person: nothing from outside steers a terminal or tells a secret.

Cells, titles, names, addresses and what sites answer are other people's text. Whatever prints goes
through ``shown``; on a terminal it never is markup.
"""

import json
import re
import sys
from typing import Any, TextIO
from urllib.parse import unquote

from rowkeeper.core.text import harmless

MASK = "…"
_ESCAPED = "%3[FfBb]|%26|\\\\{1,4}(?:u003[FfBb]|x3[FfBb]|u0026|x26)"
_PAIR = re.compile(
    rf"([?&;#]|{_ESCAPED})((?:[\w.\-\[\]]|%(?!3[FfBbDd]|26|23)[0-9A-Fa-f]{{2}}){{1,64}})"
    r"(=|%3[Dd]|\\{1,4}(?:u003|x3)[Dd]|&#(?:61|x3[Dd]);)"
    r"((?:(?!%3[FfBb]|%26|%23)[^&;#\s\"'<>\\])+)"
)
"""A parameter of an address, also of one that stands escaped within another or in a script."""
_INNER = re.compile(r"(~)([\w.\-]{1,64})(=)([^~]+)")
"""A parameter within the value of another."""
_SECRET = re.compile(
    r"sign|token|secret|passw|credential|(?:api|access|private|share|resource)[-_]?key|auth"
    r"|rlkey|hmac|jwt|session|(?:^|[-_.])sig\b|^(?:sas|sv|key|key-pair-id|policy|pwd|pass|code|hash"
    r"|hm|oh|ticket|hdnts|hdnea|md5)\b(?![-_.])",
    re.IGNORECASE,
)
"""Names of parameters that open something to whoever has the address."""
_OPAQUE = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=~.\-]{32,}")
"""Values that nobody typed, such as the signature of a site that we don't know."""
_IDS = re.compile(r"(?:.*id|list|v|tab|gid)$", re.IGNORECASE)
"""Names of parameters whose long values only say which thing is meant."""
_USER = re.compile(r"(?<=://)[^/\s\"'\\?#]{1,512}@")
_UNLISTED = re.compile(r"(vimeo\.com/[^\s?#]{1,200}\?(?:[^\s#&]{1,200}&){0,9}h=)\w+", re.IGNORECASE)
"""The key of a video that is shown to those with its link."""
_ADDRESS = re.compile(r":\\{0,4}/\\{0,4}/|%3A|[\w-]\.[a-z]{2,63}(?::\d{1,5})?[/?#]", re.IGNORECASE)
"""What a text has that holds an address, with its scheme or without."""


def without_secrets(text: str) -> str:
    """``text`` with the secrets of the addresses in it masked: signatures, tokens, passwords.

    Whoever has a signed address has the file; which file it is stays readable.
    """
    if not _ADDRESS.search(text):
        return text
    plain = _UNLISTED.sub(rf"\1{MASK}", _USER.sub(f"{MASK}@", text))
    return _PAIR.sub(_masked, plain)


def _masked(pair: re.Match[str]) -> str:
    before, name, equals, value = pair.groups()
    told = unquote(name)
    opaque = _OPAQUE.fullmatch(value) and not _IDS.fullmatch(told)
    if opaque or _SECRET.search(told):
        return f"{before}{name}{equals}{MASK}"
    return f"{before}{name}{equals}{_INNER.sub(_masked, value)}"


def shown(text: object) -> str:
    """``text`` as a person may see it: one line, no control characters, no secret of an address."""
    return harmless(without_secrets(str(text)))


def tell(text: object, to: TextIO | None = None) -> None:
    """A line of words for people, on standard error or ``to``."""
    stream = to or sys.stderr
    stream.write(f"{shown(text)}\n")
    stream.flush()


def json_text(value: Any, indent: int | None = 2, *, secrets: bool = False) -> str:
    """``value`` as JSON that a person may read: what could steer a terminal stands as an escape.

    ``secrets``: those of addresses stand in it, as where they were asked for.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return "".join(
        char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1]
        for char in (text if secrets else without_secrets(text))
    )
