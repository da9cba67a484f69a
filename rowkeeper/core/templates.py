"""Paths by template, for files and objects: what fills a field is data, never a path."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import PurePosixPath

from pathvalidate import sanitize_filename

from rowkeeper.core.errors import UsageError

SIDECAR = "_metadata.json"
TAKEN = (SIDECAR, ".part")
"""How the names of our own files end: another's file never looks like one, nor takes its place."""
MAX_SEGMENT = 150
"""In bytes; a sidecar's name and an asset id that parts two files come on top, of 255 at most."""
MAX_EXTENSION = 16
MAX_PARTS = 12
_FIELD = re.compile(r"\{(\w+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,36}(\.[a-z0-9]{1,8})?")
"""What needs no other look than for a reserved name: too short to be cut."""
_RESERVED = re.compile(
    r"(con|conin\$|conout\$|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(\..*)?", re.IGNORECASE
)
"""Names of devices on Windows; pathvalidate leaves some of them."""


def checked(
    text: str,
    setting: str,
    presets: Mapping[str, str],
    fields: Collection[str],
    telling: Collection[str],
) -> str:
    """The template that ``text`` is or names; raises ``UsageError`` if it can't be one.

    Of the ``telling`` fields a template has one at least, or all that is of one person would have
    one name.
    """
    template = presets.get(text, text)
    used = set(_FIELD.findall(template))
    rest = _FIELD.sub("", template)
    if (unknown := sorted(used - set(fields))) or "{" in rest or "}" in rest:
        named = ", ".join(unknown) or "a brace that stands alone"
        raise UsageError(
            f"{setting} has {named}{_near(unknown, fields)}: use {', '.join(sorted(fields))}, each "
            f"in braces, or one of {', '.join(presets)}."
        )
    parts = PurePosixPath(template).parts
    if not parts or template.startswith("/") or ".." in parts or "\\" in template:
        raise UsageError(
            f"{setting} must be a relative path: people/{{row_id}}/{{asset_id}}.{{ext}}."
        )
    if len(parts) > MAX_PARTS:
        raise UsageError(f"{setting} has {len(parts) - 1} folders: {MAX_PARTS - 1} are the most.")
    if not used & set(telling):
        one = _near([text], presets) or f": add {{asset_id}}, or name one of {', '.join(presets)}"
        raise UsageError(f"{setting} must tell files apart{one}.")
    return template


def _near(names: list[str], known: Collection[str]) -> str:
    near = [match for name in names for match in get_close_matches(name, list(known), n=1)]
    return f" (did you mean {', '.join(near)}?)" if near else ""


def filled(
    template: str, value: Callable[[str], str], max_segment: int = MAX_SEGMENT
) -> PurePosixPath:
    """The relative path of a checked template; ``value`` gives what stands for a field's name.

    It fills a segment and makes none. No segment is reserved on any file system, empty or longer
    than ``max_segment`` bytes.
    """
    names = (_FIELD.sub(lambda field: value(field[1]), part) for part in _parts(template))
    return PurePosixPath(*(_segment(name, max_segment) for name in names))


@lru_cache(maxsize=16)
def _parts(template: str) -> tuple[str, ...]:
    return PurePosixPath(template).parts


def plain(text: str) -> str:
    """``text`` as one name that every file system takes; '' where nothing of it is left."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    shown = "".join(char if char.isprintable() else " " for char in normal)
    name = sanitize_filename(" ".join(shown.split()), replacement_text="_", platform="universal")
    return name.strip(". ").lstrip("-~")[:MAX_SEGMENT]


@lru_cache(maxsize=1024)
def _segment(text: str, max_segment: int) -> str:
    """A filled segment that is no reserved name and not too long; its extension stays."""
    if text.lower().endswith(TAKEN):
        text = f"{text}_"
    if _PLAIN.fullmatch(text) and not _RESERVED.fullmatch(text):
        return text
    name = sanitize_filename(text, replacement_text="_", platform="universal").strip(" ")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > MAX_EXTENSION:
        stem, dot, extension = name, "", ""
    room = max_segment - len(f"{dot}{extension}".encode())
    stem = stem.encode()[:room].decode(errors="ignore")
    return f"{stem}{dot}{extension}".rstrip(". ") or "_"
