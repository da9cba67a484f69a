"""How anything reaches a person: nothing from outside steers a terminal or tells a secret.

Cells, titles, names, addresses and what sites answer are other people's text. Whatever prints goes
through ``shown``; on a terminal it never is markup.
"""

import json
import os
import re
import sys
from typing import IO, Any, TextIO
from urllib.parse import unquote

from rowkeeper.core.text import each_text, harmless

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
    r"|hm|oh|pot|ticket|hdnts|hdnea|md5)\b(?![-_.])",
    re.IGNORECASE,
)
"""Names of parameters that open something to whoever has the address."""
_OPAQUE = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[\w+/=~.\-]{32,}")
"""Values that nobody typed, such as the signature of a site that we don't know."""
_IDS = re.compile(r"(?:.*id|list|v|tab|gid)$", re.IGNORECASE)
"""Names of parameters whose long values only say which thing is meant."""
_USER = re.compile(
    r"(?:(?<=://)|(?<=[\s\"'=(]//)|(?<=\A//))(?:[^/\s\"'\\?#]{1,512}|[^/\s\"'\\?#:@]{0,64}:(?!\d{1,5}(?:[/?#]|\b(?!\S)))[^\s\"'\\<>]{1,512})@"
    r"|(?<![\w.%+@/-])(?!(?:mailto|e-?mail):)[\w.%+-]{1,64}:[^\s/@\"'\\<>]{1,256}@(?=[\w.-]{1,255}:\d{2,5}\b)"
    r"|(?<=proxy=)[^\s@\"'\\<>]{1,256}@",
    re.IGNORECASE,
)
"""Who asks, with a password: in an address, before a host with a port, of a proxy."""
_ASIDE = re.compile(
    r"(\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|s?ftp|smtps?|s3|socks5h?)"
    r"(?:\+\w{1,20})?://)[^\s\"'\\<>]{1,512}@",
    re.IGNORECASE,
)
"""The same where a password may hold any sign, and no path has one of these."""
_SLASH = r"(?:/|%2[Ff]|\\{1,4}/)"
_HOOK = re.compile(
    rf"(hooks\.slack(?:-gov)?\.com{_SLASH}(?:services|workflows|triggers){_SLASH}"
    rf"|discord(?:app)?\.com{_SLASH}api{_SLASH}(?:v\d{{1,3}}{_SLASH})?webhooks{_SLASH}\d{{1,30}}{_SLASH}"
    rf"|webhook\.office\.com{_SLASH}webhookb2{_SLASH}"
    rf"|api\.telegram\.org{_SLASH}(?:file{_SLASH})?bot"
    r"|\b(?:slack|discord|tgram|msteams|ntfys?|pover|pushover|gotifys?)://)"
    r"[^\s\"'\\<>?#&]{1,512}",
    re.IGNORECASE,
)
"""Addresses whose path is the password of who may send there."""
_KEY_NAME = (
    r"(?:passw(?:or)?d|passphrase|\bpwd|secret|token|credential|(?:api|access|private)[-_]?key)"
)
_WORDS = re.compile(
    rf"({_KEY_NAME}[\w-]{{0,40}}\s?=\s?)(?:'[^'\"\\]{{1,512}}'|\\{{0,4}}\"?[^\s\"'<>\\&;]{{2,512}})"
    rf"|(\bx-[\w-]{{0,40}}(?:key|token|auth|secret)\s?:\s?)[^\s\"'\\]{{1,512}}"
    r"|(\bauthorization(?:\\{0,4}[\"']\s?:\s?\\{0,4}[\"']|\s?[:=]\s?)"
    r"(?:(?:bearer|basic|digest|token|aws4-hmac-sha256)\s)?)[^\s\"'\\]{1,2048}"
    r"|(\bbearer\s)(?=[^\s\"']{0,60}\d)[\w.~+/=-]{12,2048}",
    re.IGNORECASE,
)
"""A secret beside its name, as libraries and headers write it."""
_SHAPE = re.compile(r"\b(?:AIza[\w-]{35}|ya29\.[\w.-]{20,}|xox[a-z]-[\w-]{10,}|gh[a-z]_\w{30,})")
"""Keys that show what they are."""
_HINT = re.compile(r"=|@|authorization|bearer|\bx-|AIza|ya29|xox|gh[a-z]_", re.IGNORECASE)
_UNLISTED = re.compile(r"(vimeo\.com/[^\s?#]{1,200}\?(?:[^\s#&]{1,200}&){0,9}h=)\w+", re.IGNORECASE)
"""The key of a video that is shown to those with its link."""
_ADDRESS = re.compile(r":\\{0,4}/\\{0,4}/|%3A|[\w-]\.[a-z]{2,63}(?::\d{1,5})?[/?#]", re.IGNORECASE)
"""What a text has that holds an address, with its scheme or without."""


def without_secrets(text: str) -> str:
    """``text`` with the secrets of the addresses in it masked, signatures, tokens, passwords, and
    those that stand beside their names.

    Whoever has a signed address has the file; which file it is stays readable.
    """
    if _HINT.search(text):
        text = _ASIDE.sub(rf"\1{MASK}@", text)
        text = _USER.sub(f"{MASK}@", text)
        text = _WORDS.sub(lambda match: f"{next(filter(None, match.groups()))}{MASK}", text)
        text = _SHAPE.sub(MASK, text)
    if not _ADDRESS.search(text):
        return text
    plain = _HOOK.sub(rf"\1{MASK}", _UNLISTED.sub(rf"\1{MASK}", text))
    return _PAIR.sub(_without_value, plain)


def _without_value(pair: re.Match[str]) -> str:
    before, name, equals, value = pair.groups()
    plain_name = unquote(name)
    opaque = _OPAQUE.fullmatch(value) and not _IDS.fullmatch(plain_name)
    if opaque or _SECRET.search(plain_name):
        return f"{before}{name}{equals}{MASK}"
    return f"{before}{name}{equals}{_INNER.sub(_without_value, value)}"


def masked(value: Any) -> Any:
    """``value`` of JSON with each text in it as ``without_secrets`` has it: masked before it is
    written out, for a mask over what is written would take quotes and brackets with it."""
    return each_text(value, without_secrets)


def shown(text: object) -> str:
    """``text`` as a person may see it: one line, no control characters, no secret of an address."""
    return harmless(without_secrets(str(text)))


def tell(text: object, to: TextIO | None = None) -> None:
    """A line of words for people, on standard error or ``to``."""
    stream = to or sys.stderr
    try:
        stream.write(f"{shown(text)}\n")
        stream.flush()
    except BrokenPipeError:
        nobody_reads(stream)


def nobody_reads(stream: IO[str]) -> None:
    """Where a pipe's reader is gone, as with ``| head``, what is under way goes on: what is still
    written there, and what Python flushes at its end, goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def json_text(value: Any, indent: int | None = 2, *, secrets: bool = False) -> str:
    """``value`` as JSON that a person may read: what could steer a terminal stands as an escape.

    ``secrets``: those of addresses stand in it, as where they were asked for.
    """
    if not secrets:
        value = masked(value)
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str if secrets else _plain)
    return "".join(
        char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text
    )


def _plain(value: object) -> str:
    return without_secrets(str(value))
