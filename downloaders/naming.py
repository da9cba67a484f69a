"""Where a finished file lies, by a template; safe on every file system and never above its root."""

from pathlib import PurePosixPath

from downloaders.base import Fetched, Request
from rowkeeper.core.paths import safe_segment
from rowkeeper.core.templates import checked, filled, plain

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


def checked_template(text: str) -> str:
    """The template that ``text`` is or names; raises ``UsageError`` if it can't be one."""
    return checked(text, "download.naming", PRESETS, FIELDS, TELLING)


def relative_path(template: str, request: Request, fetched: Fetched) -> PurePosixPath:
    """The place of ``fetched`` below the root of the files.

    What a field holds is data: it fills a segment and makes none. Two assets can come to the same
    place unless the template has ``{asset_id}``.
    """
    return filled(template, lambda field: _value(field, request, fetched))


def _value(field: str, request: Request, fetched: Fetched) -> str:
    person, extension = request.person, fetched.path.suffix[1:]
    match field:
        case "ext":
            return extension
        case "name":
            return plain(person.name if person else "") or "_"
        case "personality_type":
            return plain((person.personality_type or "") if person else "") or "_"
        case "suffix":
            return "_transcript" if request.asset_kind == "transcript" else ""
        case "original_name" | "original_stem":
            media_id = safe_segment(request.media_id)
            original = plain(fetched.filename or "") or f"{media_id}.{extension}"
            stem = original.rpartition(".")[0] or original
            return stem if field == "original_stem" else original
    return safe_segment(getattr(request, field))
