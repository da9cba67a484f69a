"""What the fields of an event may hold, for a line of a journal is data, whoever wrote it.

Each value here is cast or tested by the tables: one that can't be would stop everybody's build.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rowkeeper.core.errors import Verdict
from rowkeeper.core.events import EventType
from rowkeeper.core.ids import UUID
from rowkeeper.core.text import is_encodable

CHECKS = frozenset(
    {
        *(EventType.FILE_VERIFIED, EventType.FILE_LOST),
        *(EventType.OBJECT_VERIFIED, EventType.OBJECT_LOST),
    }
)
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    EventType.DOWNLOADED: ("sha256",),
    EventType.DOWNLOAD_FAILED: (),
    EventType.REREAD_UNCHANGED: (),
    EventType.REREAD_FAILED: (),
    EventType.UPLOADED: ("sha256", "object_key"),
    EventType.UPLOAD_FAILED: (),
    **dict.fromkeys(CHECKS, ()),
    EventType.FILE_DROPPED: ("local_path",),
    EventType.OBJECT_FOUND: ("object_key",),
    EventType.OBJECT_REFUTED: ("object_key",),
}
"""What becomes of an asset, at which attempt -> what each says beside that."""
NUMBERS = frozenset({"attempt", "event_version", "size_bytes", "total_assets"})
UUIDS = ("session_id", "asset_id", "parent_asset_id")
"""What the tables cast to UUIDs, after they told it apart by its text: of one spelling alone."""
SMALL_NUMBERS = frozenset({"total_assets"})
"""Those that a mart holds as an integer of 32 bits."""
LARGEST = 2**63
MOST_OFFSET = timedelta(hours=16)
"""Postgres takes no time that is further from UTC."""
VERDICTS = (None, *Verdict)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
_DIGITS = re.compile(r"-?[0-9]{1,18}")


class EventValueError(ValueError):
    """A field of an event holds what no event has."""


def check_values(values: Mapping[str, Any]) -> None:
    """Raise ``EventValueError``, which names the field, unless each value is of its kind."""
    for name, value in values.items():
        if value is None:
            continue
        if name in NUMBERS:
            if not (is_small_number if name in SMALL_NUMBERS else is_number)(value):
                raise EventValueError(f"{name} is no number")
        elif name == "details":
            check_details(value)
        elif not _is_text(value):
            raise EventValueError(f"{name} is no text")
    if not is_time(values.get("occurred_at")):
        raise EventValueError("occurred_at is no time")
    if values.get("verdict") not in VERDICTS:
        raise EventValueError("verdict is none that there is")
    if values.get("session_id") is None:
        raise EventValueError("session_id is missing")
    for name in UUIDS:
        if (value := values.get(name)) is not None and not UUID.fullmatch(value):
            raise EventValueError(f"{name} is no UUID")
    _check_outcome(values)


def _check_outcome(values: Mapping[str, Any]) -> None:
    event_type = values.get("event_type") or ""
    needed = OUTCOMES.get(event_type)
    if needed is None:
        return
    for name in ("asset_id", "row_id", *needed):
        if values.get(name) is None:
            raise EventValueError(f"{name} is missing")
    if (values.get("attempt") or 0) < 1:
        raise EventValueError("attempt is missing")
    if event_type in CHECKS and (values.get("details") or {}).get("check") is None:
        raise EventValueError("details.check is missing")


def check_details(details: Any) -> None:
    """Raise ``EventValueError`` unless these are details of an event."""
    if not isinstance(details, dict):
        raise EventValueError("details are no object")
    for name, value in details.items():
        fits = DETAILS.get(name)
        if fits is not None and value is not None and not fits(value):
            raise EventValueError(f"details.{name} is not of its kind")
    if not is_clean(details):
        raise EventValueError("details hold half characters or NULs")


def is_number(value: Any) -> bool:
    """A whole number that a column takes."""
    return isinstance(value, int) and not isinstance(value, bool) and -LARGEST <= value < LARGEST


def is_small_number(value: Any) -> bool:
    """A whole number that a column of 32 bits takes."""
    return is_number(value) and abs(value) < 2**31


def _is_count(value: Any) -> bool:
    return is_number(value) or (isinstance(value, str) and _DIGITS.fullmatch(value) is not None)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and is_encodable(value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")  # a list has no hash


def is_time(value: Any) -> bool:
    """A time as ISO 8601 writes it, of a year and an offset that every engine has."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return False
    return 1900 <= time.year < 9999 and abs(time.utcoffset() or timedelta()) < MOST_OFFSET


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def is_clean(value: Any) -> bool:
    """Does every text in a value of JSON fit into both engines?"""
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, dict):
        return all(_is_text(key) and is_clean(item) for key, item in value.items())
    return all(map(is_clean, value)) if isinstance(value, list) else True


DETAILS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("check", "entries", "hidden", "left_out", "listing", "stated"), _is_count),
    **dict.fromkeys(("faults", "step"), _is_count),
    **dict.fromkeys(("complete", "is_twin", "provisional", "temporary"), _is_flag),
    "next_try_at": is_time,
    "occurrences": _is_list,
}
"""What the tables cast of the details."""
