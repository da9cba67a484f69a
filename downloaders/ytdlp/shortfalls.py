"""What shows that a site gave less of a video than there is, though nothing failed."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

WITHHELD = re.compile(r"formats .*(?:skipped|missing)", re.IGNORECASE)
"""What yt-dlp says of formats that it was not let have."""
TRACKS = {"picture": "vcodec", "sound": "acodec"}


def withheld(info: Mapping[str, Any], messages: Iterable[str]) -> str | None:
    """What the formats that were offered lack where others were withheld; None if nothing does.

    Whoever may have all of them is offered sound and picture, and the picture by itself or as a
    list of parts: both in one file is the simplest format, and the poorest.
    """
    formats = info.get("formats") or []
    if not formats or not any(map(WITHHELD.search, messages)):
        return None
    for track, codec in TRACKS.items():
        if all(item.get(codec) == "none" for item in formats):
            return f"what came has no {track}"
    return None if any(map(_is_rich, formats)) else "what came is the simplest of them"


def cut_short(info: Mapping[str, Any], received: Mapping[str, int]) -> str | None:
    """How much less of a format was ``received`` than was stated; None if all of each was."""
    for item in info.get("requested_formats") or [info]:
        stated, came = item.get("filesize") or 0, received.get(str(item.get("format_id")), 0)
        if 0 < came < stated:
            return f"{came:,} of {stated:,} bytes"
    return None


def _is_rich(item: Mapping[str, Any]) -> bool:
    is_list = str(item.get("protocol")).startswith("m3u8")
    return item.get("vcodec") != "none" and (is_list or item.get("acodec") == "none")
