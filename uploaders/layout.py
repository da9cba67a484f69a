"""Where an object lies in its store, by a template: steady, safe keys whatever names hold."""

from pathlib import PurePosixPath

from rowkeeper.core.paths import apart, safe_extension, safe_segment
from rowkeeper.core.templates import MAX_SEGMENT, checked, filled, plain
from uploaders.values import UploadRequest

PRESETS = {
    "asset_id": "people/{row_id}/{asset_id}.{ext}",
    "row_name": "{row_id}/{name}/{file}",
    "uuid": "files/{uuid}.{ext}",
    "kind": "{kind}/{row_id}/{asset_id}.{ext}",
}
"""By name: our own; the two of the old system; audio/, video/, documents/ and so on."""

FIELDS = frozenset(
    {"row_id", "name", "asset_id", "uuid", "kind", "asset_kind", "provider", "media_id"}
    | {"file", "ext"}
)
TELLING = frozenset({"asset_id", "uuid", "media_id", "file"})
MAX_KEY = 700
"""Bytes of a key, of the 1,024 that S3 takes: the rest is for the prefix and an asset id."""
SHORT_SEGMENT = 50


def checked_layout(text: str) -> str:
    """The template that ``text`` is or names; raises ``UsageError`` if it can't be one."""
    return checked(text, "store.layout", PRESETS, FIELDS, TELLING)


def key_by(template: str, request: UploadRequest) -> str:
    """The key of ``request`` by a checked template, the same in every run.

    Two assets can come to the same key unless it has the asset id.
    """
    for longest in (MAX_SEGMENT, SHORT_SEGMENT):
        key = filled(template, lambda field: _value(field, request), longest).as_posix()
        if len(key.encode()) <= MAX_KEY:
            break
    return key


def key_apart(key: str, asset_id: str) -> str:
    """``key`` with the asset's id, for an asset whose key has other bytes."""
    return apart(PurePosixPath(key), asset_id).as_posix()


def kind_of(request: UploadRequest) -> str:
    """audio, video, documents, transcripts or images."""
    if request.asset_kind == "transcript":
        return "transcripts"
    family = (request.mime_type or "").partition("/")[0].lower()
    if family == "image":
        return "images"
    if family in {"audio", "video"}:
        return family
    return "video" if request.asset_kind == "video" else "documents"


def _value(field: str, request: UploadRequest) -> str:
    match field:
        case "ext":
            return safe_extension(request.path.name, request.mime_type)
        case "name":
            return plain(request.person_name or "") or "_"
        case "kind":
            return kind_of(request)
        case "uuid":
            return safe_segment(request.object_uuid or request.asset_id)
        case "file":
            extension = safe_extension(request.path.name, request.mime_type)
            return plain(request.filename or "") or f"{safe_segment(request.media_id)}.{extension}"
    return safe_segment(getattr(request, field))
