"""Where a finished file lies, by a template; safe on every file system and never above its root."""

import re
import unicodedata
from functools import lru_cache
from pathlib import PurePosixPath

from pathvalidate import sanitize_filename

from downloaders import sidecar
from downloaders.base import Fetched, Request
from rowkeeper.errors import UsageError
from rowkeeper.paths import safe_segment

PRESETS = {
    "asset_id": "people/{row_id}/{asset_id}.{ext}",
    "row_name": "row_{row_id}_{original_name}",
    "media_id": "{media_id}{suffix}.{ext}",
}
"""By name: our own; the old system's for Drive; the old system's for YouTube and Drive ids."""

FIELDS = frozenset(
    {"row_id", "name", "personality_type", "asset_id", "asset_kind", "provider", "media_id"}
    | {"original_name", "original_stem", "suffix", "ext"}
)
TELLING = frozenset({"asset_id", "media_id", "original_name", "original_stem"})
"""Of these a template has one at least, or all files of a person would have one name."""
TAKEN = (sidecar.SUFFIX, ".part")
"""How the names of our own files end: another's file never looks like one, nor takes its place."""
MAX_SEGMENT = 150
"""In bytes; a sidecar's name and an asset id that parts two files come on top, of 255 at most."""
MAX_EXTENSION = 16
_FIELD = re.compile(r"\{(\w+)\}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{8,36}(\.[a-z0-9]{1,8})?")
"""What needs no look: too long for a reserved name, too short to be cut."""
_RESERVED = re.compile(
    r"(con|conin\$|conout\$|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]) *(\..*)?", re.IGNORECASE
)
"""Names of devices on Windows; pathvalidate leaves some of them."""


def checked_template(text: str) -> str:
    """The template that ``text`` is or names; raises ``UsageError`` if it can't be one."""
    template = PRESETS.get(text, text)
    rest = _FIELD.sub("", template)
    unknown = sorted(set(_FIELD.findall(template)) - FIELDS)
    if unknown or "{" in rest or "}" in rest:
        named = ", ".join(unknown) or "a brace that stands alone"
        raise UsageError(
            f"download.naming has {named}: use {', '.join(sorted(FIELDS))}, each in braces, or one "
            f"of {', '.join(PRESETS)}."
        )
    parts = PurePosixPath(template).parts
    if not parts or template.startswith("/") or ".." in parts or "\\" in template:
        raise UsageError(
            "download.naming must be a relative path: people/{row_id}/{asset_id}.{ext}."
        )
    if TELLING.isdisjoint(_FIELD.findall(template)):
        raise UsageError("download.naming must tell files apart: add {asset_id} or {media_id}.")
    return template


def relative_path(template: str, request: Request, fetched: Fetched) -> PurePosixPath:
    """The place of ``fetched`` below the root of the files.

    What a field holds is data: it fills a segment and makes none. Two assets can come to the same
    place unless the template has ``{asset_id}``.
    """
    filled = [
        _segment(_FIELD.sub(lambda field: _value(field[1], request, fetched), part))
        for part in PurePosixPath(template).parts
    ]
    return PurePosixPath(*filled)


def _value(field: str, request: Request, fetched: Fetched) -> str:
    person, extension = request.person, fetched.path.suffix[1:]
    match field:
        case "ext":
            return extension
        case "name":
            return _plain(person.name if person else "") or "_"
        case "personality_type":
            return _plain((person.personality_type or "") if person else "") or "_"
        case "suffix":
            return "_transcript" if request.asset_kind == "transcript" else ""
        case "original_name" | "original_stem":
            media_id = safe_segment(request.media_id)
            original = _plain(fetched.filename or "") or f"{media_id}.{extension}"
            stem = original.rpartition(".")[0] or original
            return stem if field == "original_stem" else original
    return safe_segment(getattr(request, field))


def _plain(text: str) -> str:
    """``text`` as one name that every file system takes; '' where nothing of it is left."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    shown = "".join(char if char.isprintable() else " " for char in normal)
    name = sanitize_filename(" ".join(shown.split()), replacement_text="_", platform="universal")
    return name.strip(". ").lstrip("-~")[:MAX_SEGMENT]


@lru_cache(maxsize=1024)
def _segment(text: str) -> str:
    """A filled segment that is no reserved name and not too long; its extension stays."""
    if text.lower().endswith(TAKEN):
        text = f"{text}_"
    if _PLAIN.fullmatch(text):
        return text
    name = sanitize_filename(text, replacement_text="_", platform="universal").strip(" ")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > MAX_EXTENSION:
        stem, dot, extension = name, "", ""
    room = MAX_SEGMENT - len(f"{dot}{extension}".encode())
    stem = stem.encode()[:room].decode(errors="ignore")
    return f"{stem}{dot}{extension}".rstrip(". ") or "_"
