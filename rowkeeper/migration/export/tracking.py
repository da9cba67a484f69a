"""The tracking cells: what became of a person's videos and files, in the old system's words."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.migration.export.known import mapping_of

SIDES = {"youtube": "youtube", "drive": "drive"}
"""Provider -> the columns that track it."""

_LISTINGS = frozenset({"playlist", "folder"})
_PARTING = re.compile(r"[|,;]")
_BESIDE = r"""[|,;\n\[\]()'"/\\]"""
"""What may stand right before and right behind a name in a list."""
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}|[A-Za-z0-9_-]{25,}")


@dataclass(frozen=True, kw_only=True)
class AssetState:
    """An asset as the marts have it. ``is_live``: this system tried it; else it is as claimed.

    ``object_uuid`` is what the old system called an object that it archived.
    """

    asset_id: str
    provider: str
    media_id: str
    kind: str
    url: str
    download_status: str
    upload_status: str | None
    verdict: str | None
    error_message: str | None
    filename: str | None
    object_key: str | None
    object_uuid: str | None
    is_live: bool
    attempted_at: datetime | None

    @property
    def file_name(self) -> str:
        """What the old system would call the file."""
        if self.provider != "youtube":
            return self.filename or self.media_id
        return (
            f"{self.media_id}_transcript.vtt"
            if self.kind == "transcript"
            else (f"{self.media_id}.mp4")
        )


def tracking_cells(states: Sequence[AssetState], row: Mapping[str, str]) -> dict[str, str]:
    """The cells that ``states`` put in place of those in ``row``, by column.

    Nothing is said of a side (YouTube, Drive) that has no state.
    """
    cells: dict[str, str] = {}
    for provider, side in SIDES.items():
        if own := [state for state in states if state.provider == provider]:
            cells |= _side_cells(side, own, row)
    if not cells:
        return {}
    cells["permanent_failure"] = _permanent(states, row.get("permanent_failure", ""))
    cells["download_errors"] = _errors(states, {**row, **cells})
    if moments := [state.attempted_at for state in states if state.attempted_at]:
        cells["last_download_attempt"] = max(moments).replace(tzinfo=None).isoformat()
    cells |= _mappings(states, row)
    return {column: cell for column, cell in cells.items() if column in row and cell != row[column]}


def _side_cells(side: str, states: list[AssetState], row: Mapping[str, str]) -> dict[str, str]:
    files = [
        state.file_name
        for state in states
        if state.download_status == "completed" and state.kind not in _LISTINGS
    ]
    ids = [state.media_id for state in states if state.kind not in _LISTINGS]
    media_id = row.get(f"{side}_media_id", "")
    return {
        f"{side}_status": _status(states),
        f"{side}_files": _joined(row.get(f"{side}_files", ""), files),
        f"{side}_media_id": media_id if media_id in ids else (ids or [media_id])[0],
    }


def _status(states: list[AssetState]) -> str:
    """One word for a side. A transcript that can't be had doesn't make a video fail."""
    main = [state for state in states if state.kind != "transcript"] or states
    statuses = {state.download_status for state in main}
    if "pending" in statuses:
        return "pending"
    return statuses.pop() if len(statuses) == 1 else "partial"


def _joined(cell: str, files: list[str]) -> str:
    """``cell`` with the names that it lacks."""
    lacking = [name for name in dict.fromkeys(files) if not _lists(cell, name)]
    if not lacking:
        return cell
    return ",".join(([] if is_nothing(cell) else [cell]) + lacking)


def _lists(cell: str, name: str) -> bool:
    """Whether ``name`` stands in ``cell`` by itself, perhaps in quotes or behind a folder."""
    whole = rf"(?:^|{_BESIDE})\s*{re.escape(name)}\s*(?:$|{_BESIDE})"
    return re.search(whole, cell) is not None


def _permanent(states: Sequence[AssetState], cell: str) -> str:
    """The sides on which all is failed for good; a side without states keeps its word."""
    words = [] if is_nothing(cell) else [word.strip() for word in _PARTING.split(cell)]
    after = list(words)
    for provider, side in SIDES.items():
        own = [s for s in states if s.provider == provider and s.kind != "transcript"]
        failed = [state for state in own if state.download_status == "failed"]
        if failed and all(state.verdict == "permanent" for state in failed):
            after += [] if side in after else [side]
        elif own and side in after:
            after.remove(side)
    return cell if after == words else ",".join(after)


def _errors(states: Sequence[AssetState], row: Mapping[str, str]) -> str:
    """The old errors and the new ones; none when nothing is failed any more."""
    cell = row.get("download_errors", "")
    statuses = {row.get(f"{side}_status", "") for side in SIDES.values()}
    failed = [state for state in states if state.download_status == "failed"]
    if not failed and not statuses & {"failed", "partial"}:
        return ""
    known = [] if is_nothing(cell) else [cell]
    messages = dict.fromkeys(" ".join((state.error_message or "").split()) for state in failed)
    lacking = [message for message in messages if message and message not in cell]
    return "; ".join(known + lacking) if lacking else cell


def _mappings(states: Sequence[AssetState], row: Mapping[str, str]) -> dict[str, str]:
    """``file_uuids`` and ``s3_paths`` with what is archived; the old objects stay listed."""
    uuids, paths = mapping_of(row.get("file_uuids", "")), mapping_of(row.get("s3_paths", ""))
    if uuids is None or paths is None:
        return {}
    before = json.dumps([uuids, paths])
    for state in states:
        key = _mapping_key(state)
        if not (key and state.object_key and state.upload_status == "completed"):
            continue
        if state.is_live or key not in uuids:
            uuids[key] = state.object_uuid or state.asset_id
            paths[uuids[key]] = state.object_key
    if json.dumps([uuids, paths]) == before:
        return {}
    return {"file_uuids": json.dumps(uuids), "s3_paths": json.dumps(paths)}


def _mapping_key(state: AssetState) -> str | None:
    names = {("youtube", "video"): "YouTube", ("drive", "file"): "Drive file"}
    name = names.get((state.provider, state.kind))
    return name and f"{name}: {state.media_id}"
