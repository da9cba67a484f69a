"""Logs at random: what workers may say of some assets, late, repeated and in any order."""

from random import Random
from typing import Any

from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id
from rowkeeper.core.warehouse import Row

LISTS = ("folder", "playlist")
SUCCESS = (EventType.DOWNLOADED, EventType.UPLOADED)
FAILURES = (EventType.DOWNLOAD_FAILED, EventType.REREAD_FAILED, EventType.UPLOAD_FAILED)
REQUESTS = (EventType.DOWNLOAD_REQUESTED, EventType.UPLOAD_REQUESTED)
FILE_CHECKS = (EventType.FILE_VERIFIED, EventType.FILE_LOST)
OBJECT_CHECKS = (EventType.OBJECT_VERIFIED, EventType.OBJECT_LOST)
LOOKS = (EventType.REREAD_UNCHANGED,)
KINDS = (SUCCESS, SUCCESS, FAILURES, REQUESTS, FILE_CHECKS, OBJECT_CHECKS, LOOKS)


def random_events(dice: Random, pending: list[Row], count: int) -> list[AssetEvent]:
    """``count`` events of the assets in ``pending``, rows of ``PENDING``, and of their entries."""
    sessions = [_uuid(dice) for _ in range(4)]
    events = [
        AssetEvent(
            event_type=kind,
            session_id=session,
            session_type="download",
            total_assets=dice.randrange(50),
            occurred_at=_time(dice),
            event_id=_uuid(dice),
        )
        for session in sessions
        for kind in (EventType.SESSION_STARTED, EventType.SESSION_FINISHED)
    ]
    while len(events) < count:
        events.append(_event(dice, dice.choice(pending), dice.choice(sessions)))
    return events


def _event(dice: Random, row: Row, session: str) -> AssetEvent:
    asset, owner, provider, media, kind = row
    if kind in LISTS and dice.random() < 0.5:
        return _entry(dice, row, session)
    event_type = dice.choice(dice.choice(KINDS))
    attempt = dice.randint(1, 4)
    sha256 = f"{dice.randint(1, 2):064x}"
    said: dict[str, Any] = {"sha256": sha256, "size_bytes": 7, "local_path": f"files/{asset}"}
    details: dict[str, Any] = {}
    if event_type in FAILURES + REQUESTS:
        said = {"sha256": dice.choice([None, sha256])} if "upload" in event_type else {}
    if event_type in FAILURES:
        said |= {"verdict": dice.choice(["retry", "permanent"]), "error_code": "http_503"}
        said["error_message"] = f"busy {dice.random()}"
        details = {"faults": dice.randint(0, 4)}
    if event_type in FILE_CHECKS + OBJECT_CHECKS:
        details = {"check": dice.randint(1, 5)}
        said["error_code"] = "file_changed"
    if event_type in (EventType.UPLOADED, *OBJECT_CHECKS):
        key = f"{asset}-{sha256[-1]}"
        said |= {"store": "s3://b", "bucket": "b", "object_key": key, "cloud_url": f"s3://b/{key}"}
    if event_type in (EventType.DOWNLOADED, *LOOKS):
        details = {"provisional": dice.random() < 0.2}
        if kind in LISTS:
            details |= {"complete": dice.random() < 0.8, "listing": dice.randint(1, attempt)}
    return AssetEvent(
        event_type=event_type,
        session_id=session,
        session_type="download",
        asset_id=asset,
        row_id=owner,
        provider=provider,
        media_id=media,
        asset_kind=kind,
        attempt=attempt,
        details=details,
        occurred_at=_time(dice),
        event_id=_uuid(dice),
        **said,
    )


def _entry(dice: Random, row: Row, session: str) -> AssetEvent:
    asset, owner, provider, media, kind = row
    child, entry = f"{media}-{dice.randint(1, 3)}", "video" if kind == "playlist" else "file"
    return AssetEvent(
        event_type=EventType.DISCOVERED,
        session_id=session,
        session_type="download",
        asset_id=asset_id(owner, provider, child, entry),
        row_id=owner,
        provider=provider,
        media_id=child,
        asset_kind=entry,
        parent_asset_id=asset,
        details={"listing": dice.randint(1, 4)},
        occurred_at=_time(dice),
        event_id=_uuid(dice),
    )


def _uuid(dice: Random) -> str:
    digits = f"{dice.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _time(dice: Random) -> str:
    return f"2026-0{dice.randint(1, 9)}-01T00:00:{dice.randrange(60):02}.000000+00:00"
