"""What a file is by its first bytes, whatever its name and its sender say."""

import codecs
import re

import filetype  # type: ignore[import-untyped]

HEAD = 8192
"""How many of a file's first bytes are enough to tell."""

EXTENSIONS = {
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "video/x-flv": "flv",
    "video/mp2t": "ts",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "application/pdf": "pdf",
    "image/png": "png",
    "text/html": "html",
    "text/vtt": "vtt",
}
"""The usual extension of some types."""

UNTOLD = frozenset({"application/octet-stream", "binary/octet-stream", ""})
"""Types of a file of which its sender knows no type."""

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).)*+-->\s*+)*+"
    rb"<(?:!doctype\s++html|html|head|body|title|script)\b",
    re.DOTALL,
)
"""How a page begins; each part is taken once, for to try them anew doubles with each comment."""
_NO_WORDS = re.compile(r"(?:audio|video|image)/(?!.*\bxml$)|application/pdf$")
"""Types of which no file is text, and none is empty; SVG is text."""
_NOT_TEXT = frozenset(range(0x20)) - frozenset(b"\t\n\x0b\x0c\r\x1b")


def kind_of(head: bytes) -> str | None:
    """The media type of a file that starts with ``head``; None where the bytes don't tell.

    ``head`` is best :data:`HEAD` bytes long. Text is told apart as text/html, text/vtt and
    text/plain.
    """
    head = head[:HEAD]
    if not head:
        return None
    if guessed := filetype.guess_mime(head):
        return str(guessed)
    if head[4:8] == b"ftyp" and head.startswith(b"\0\0"):  # the box's size: some tens of bytes
        return "video/3gpp" if head[8:11] in (b"3gp", b"3g2") else "video/mp4"
    if head[0] == 0x47 and head[188:189] == b"\x47":
        return "video/mp2t"
    return _text_of(head)


def true_type(head: bytes, declared: str) -> str:
    """The media type that was ``declared``; where none was, what ``head`` says."""
    return declared if declared not in UNTOLD else kind_of(head) or "application/octet-stream"


def is_belied(head: bytes, declared: str) -> bool:
    """Was sound, a picture or a PDF ``declared`` of what is text: a page, a list, an answer?"""
    if not _NO_WORDS.match(declared) or b"%PDF-" in head:  # which may stand behind a line
        return False
    return (kind_of(head) or "").startswith("text/")


def is_hollow(head: bytes, declared: str) -> bool:
    """Was sound, a picture or a PDF ``declared`` of what has no byte?"""
    return not head and _NO_WORDS.match(declared) is not None


def is_html(head: bytes) -> bool:
    """Does a page in HTML start with ``head``?"""
    start = _in_utf8(head[:HEAD]).lower()
    return _HTML.match(start) is not None and kind_of(head) == "text/html"


def _in_utf8(head: bytes) -> bytes:
    """``head`` without the mark of its encoding, and in UTF-8 where that says UTF-16."""
    if head.startswith(_MARKS[1:]):
        head = head.decode("utf-16", "ignore").encode()
    return head.removeprefix(_MARKS[0])


def _text_of(head: bytes) -> str | None:
    head = _in_utf8(head)
    if _HTML.match(head.lower()):
        return "text/html"
    if re.match(rb"WEBVTT([ \t\r\n]|$)", head):
        return "text/vtt"
    if not _NOT_TEXT.isdisjoint(head):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the end may be half a character
    except UnicodeDecodeError:
        return None
    return "text/plain"
