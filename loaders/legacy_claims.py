"""What a legacy row says happened, as it says it: statuses, files, uploads, texts.

A claim is kept with its original words; whether it counts is for dbt to say. ``standing`` says what
the row itself shows: ``claimed``, ``unverified`` where nothing else in the row supports it, or
``nothing`` where there is nothing that it could be about.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from loaders.legacy_cells import literal, split_names
from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.core.ids import asset_id
from rowkeeper.core.links.classify import NOT_IDS
from rowkeeper.core.paths import base_name
from rowkeeper.core.text import trimmed

Row = dict[str, Any]

SIDES = {"youtube": "youtube", "drive": "drive"}
"""The two sides that the old system tracked -> their provider."""
FURNITURE = re.compile(
    r"Document tabs\b|Headings you add to the document|^\s*(?:Sign in|Google Docs: Sign-in)\b|"
    r"\bto continue to Google (?:Docs|Drive)\b|JavaScript isn't enabled in your browser",
    re.IGNORECASE,
)
"""What the old system took for a document: the editor around it, or a sign-in page."""
FAILED_TEXT = re.compile(r"EXTRACTION_FAILED:?\s*(.*)", re.DOTALL)
MAPPING = re.compile(r"(YouTube|Drive file|S3 file):?\s+(\S+)")

_VIDEO = re.compile(r"([A-Za-z0-9_-]{11})\.(?:mp4|webm|mkv|m4a|mp3)")
_TRANSCRIPT = re.compile(r"([A-Za-z0-9_-]{11})_transcript\.(?:vtt|srt|txt)")
_GOOGLE_ID = re.compile(r"[A-Za-z0-9_-]{19,128}")
_FAILURES = frozenset({"failed", "partial", "error"})


class _Claims:
    """The claims of one row, keyed in order."""

    def __init__(
        self, values: Mapping[str, str], row_key: str, row_id: str, links: Iterable[Row]
    ) -> None:
        self.values, self.row_key, self.row_id = values, row_key, row_id
        self.claimed_at = moment(values.get("last_download_attempt")) or moment(
            values.get("extraction_date")
        )
        self.links = [link for link in links if link["is_content"] and link["asset_kinds"]]
        self.rows: list[Row] = []

    def cell(self, column: str) -> str:
        """The text of a cell, '' for each of the old system's words for nothing."""
        text = trimmed(self.values.get(column, ""))
        return "" if is_nothing(text) else text

    def media(self, provider: str) -> list[tuple[str, str]]:
        """``(media id, kind)`` of the row's content links to ``provider``, each once."""
        return list(
            dict.fromkeys(
                (str(link["media_id"]), kind)
                for link in self.links
                if link["provider"] == provider
                for kind in str(link["asset_kinds"]).split(",")
            )
        )

    def add(
        self,
        claim: str,
        words: str | None,
        side: str | None,
        medium: tuple[str, str, str] | None = None,
        **more: Any,
    ) -> None:
        """``medium``: provider, media id and kind, where they are known."""
        provider, media_id, kind = medium or (SIDES.get(side or ""), None, None)
        self.rows.append(
            {
                "claim_key": f"{self.row_key}:{len(self.rows)}",
                "row_key": self.row_key,
                "row_id": self.row_id,
                "claim": claim,
                "side": side,
                "provider": provider,
                "media_id": media_id,
                "asset_kind": kind,
                "asset_id": asset_id(self.row_id, *medium) if medium and self.row_id else None,
                "words": words,
                "file_name": None,
                "object_uuid": None,
                "object_key": None,
                "claimed_at": self.claimed_at,
                "verdict": None,
                "standing": "claimed",
                **more,
            }
        )


def claims_of(
    values: Mapping[str, str], row_key: str, row_id: str, links: Iterable[Row]
) -> list[Row]:
    """The rows of ``raw.legacy_claims`` for a row of the person ``row_id``, '' for nobody known,
    and its rows of ``raw.links``."""
    claims = _Claims(values, row_key, row_id, links)
    for side in SIDES:
        _status(claims, side)
        _files(claims, side)
    _uploads(claims)
    _document(claims)
    return claims.rows


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 time; one without a zone is taken for UTC. None for anything else."""
    try:
        at = datetime.fromisoformat(trimmed(text or ""))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _status(claims: _Claims, side: str) -> None:
    """The status of a side, and that it is for ever, for each medium that the row links to."""
    status = claims.cell(f"{side}_status")
    permanent = side in claims.cell("permanent_failure").casefold()
    if not status and not permanent:
        return
    failed = permanent or status.casefold() in _FAILURES
    words = claims.cell("download_errors") if failed else ""
    verdict = ("permanent" if permanent else "retry") if failed else None
    media = claims.media(SIDES[side])
    for name, said in (("status", status), ("permanent_failure", permanent and "permanent")):
        if not said:
            continue
        text = f"{said}: {words}" if words else str(said)
        for media_id, kind in media:
            claims.add(name, text, side, (SIDES[side], media_id, kind), verdict=verdict)
        if not media:
            standing = "nothing" if failed else "claimed"
            claims.add(name, text, side, verdict=verdict, standing=standing)


def _files(claims: _Claims, side: str) -> None:
    names = split_names(claims.cell(f"{side}_files"))
    for words in names:
        name = base_name(words)
        medium = _medium_of(claims, side, name, len(names) == 1)
        page = name.casefold().endswith((".html", ".htm"))
        standing = "unverified" if page else "claimed"
        claims.add("file", words, side, medium, file_name=name, standing=standing)


def video_of(name: str) -> str | None:
    """The YouTube id in the name of a video or a transcript that the old system wrote."""
    match = _TRANSCRIPT.fullmatch(name) or _VIDEO.fullmatch(name)
    return match[1] if match and match[1] not in NOT_IDS else None


def _medium_of(claims: _Claims, side: str, name: str, alone: bool) -> tuple[str, str, str] | None:
    """The medium that a file is of, where its name or the row leaves no doubt."""
    if side == "youtube":
        kind = "transcript" if _TRANSCRIPT.fullmatch(name) else "video"
        return ("youtube", media_id, kind) if (media_id := video_of(name)) else None
    files = [media_id for media_id, kind in claims.media("drive") if kind == "file"]
    stem = name.rpartition(".")[0]
    if stem in files:
        return "drive", stem, "file"
    if alone and len(files) == 1 and claims.cell("drive_media_id") in {files[0], ""}:
        return "drive", files[0], "file"
    return None


def _uploads(claims: _Claims) -> None:
    """The objects of ``file_uuids`` ({what: uuid}) and ``s3_paths`` ({uuid: key})."""
    uuids, paths = _mapping(claims, "file_uuids"), _mapping(claims, "s3_paths")
    for words, uuid in uuids.items():
        medium, supported = _mapped_medium(claims, words)
        claims.add(
            "upload",
            words,
            medium[0] if medium else None,
            medium,
            object_uuid=uuid,
            object_key=paths.get(uuid),
            standing="claimed" if supported else "unverified",
        )
    for uuid, key in paths.items():
        if uuid not in uuids.values():
            claims.add(
                "upload", uuid, None, object_uuid=uuid, object_key=key, standing="unverified"
            )


def _mapping(claims: _Claims, column: str) -> dict[str, str]:
    """An object of strings; a cell that is none becomes a claim of its words."""
    cell = claims.cell(column)
    if not cell:
        return {}
    try:
        mapping = literal(cell)
    except ValueError:
        mapping = None
    if not isinstance(mapping, dict):
        claims.add("upload", cell, None, standing="unverified")
        return {}
    return {str(key): str(value) for key, value in mapping.items() if value}


def _mapped_medium(claims: _Claims, words: str) -> tuple[tuple[str, str, str] | None, bool]:
    """The medium that a mapping names, and whether the row links to it."""
    match = MAPPING.fullmatch(words.strip())
    if match is None or match[1] == "S3 file":
        return None, False
    if match[1] == "YouTube":
        provider, kind, valid = "youtube", "video", re.fullmatch(r"[\w-]{11}", match[2])
    else:
        provider, kind, valid = "drive", "file", _GOOGLE_ID.fullmatch(match[2])
    if not valid or match[2] in NOT_IDS:
        return None, False
    linked = {part for media_id, _ in claims.media(provider) for part in media_id.split(",")}
    return (provider, match[2], kind), match[2] in linked


def _document(claims: _Claims) -> None:
    text = claims.cell("document_text")
    if not text or FURNITURE.search(text[:2000]):
        return
    media = [("docs", *claimed) for claimed in claims.media("docs") if claimed[1] == "document"]
    for medium in media or (None,):
        if failed := FAILED_TEXT.match(text):
            reason = trimmed(failed[1])[:500]
            claims.add("extraction_failed", reason, "document", medium, verdict="retry")
        else:
            claims.add("document_text", None, "document", medium)
