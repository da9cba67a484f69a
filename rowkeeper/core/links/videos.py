"""What addresses of Vimeo, Loom and Dailymotion lead to."""

import re
from collections.abc import Callable
from urllib.parse import SplitResult

from rowkeeper.core.links.link import Link
from rowkeeper.core.links.wrappers import parameter, site

_VIMEO = re.compile(
    r"/(?:(?:videos?|manage/videos|channels/[^/]+|groups/[^/]+/videos"
    r"|(?:album|showcase)/\d+/video)/)?(\d{1,15})(?:/([0-9a-f]{8,16}))?(?![0-9A-Za-z])"
)
_VIMEO_KEY = re.compile(r"[0-9a-f]{8,16}")
_LOOM = re.compile(r"/(?:share|embed|v)/(?:[\w-]*-)?([0-9a-f]{32})(?![0-9A-Za-z])")
_DAILYMOTION_ID = r"([A-Za-z0-9]{2,32})(?![0-9A-Za-z])"
_DAILYMOTION = re.compile(
    rf"/(?:(?:[a-z]{{2}}|embed|crawler|swf)/)?video/{_DAILYMOTION_ID}|/swf/{_DAILYMOTION_ID}"
)
_SHORT = re.compile(f"/{_DAILYMOTION_ID}")
_PLAYER = re.compile(r"/player(?:/[0-9a-z]+)?\.html")


def vimeo(parts: SplitResult) -> Link | None:
    """A video; who has the key of an unlisted one, in its path or as ``h``, may see it."""
    match = _VIMEO.match(parts.path)
    if match is None:
        return None
    key = _VIMEO_KEY.fullmatch(match[2] or parameter(parts, "h"))
    url = f"https://vimeo.com/{match[1]}"
    return Link("vimeo", "video", match[1], url, resource_key=key[0] if key else "")


def loom(parts: SplitResult) -> Link | None:
    """A shared recording."""
    match = _LOOM.match(parts.path)
    return match and Link("loom", "video", match[1], f"https://www.loom.com/share/{match[1]}")


def dailymotion(parts: SplitResult) -> Link | None:
    """A video, by its page, its player or a short address."""
    pattern, path = _DAILYMOTION, parts.path
    if site(parts) == "dai.ly":
        pattern = _SHORT
    elif _PLAYER.fullmatch(path):
        pattern, path = _SHORT, f"/{parameter(parts, 'video')}"
    match = pattern.match(path)
    if match is None:
        return None
    media_id = match[match.lastindex or 1]
    return Link("dailymotion", "video", media_id, f"https://www.dailymotion.com/video/{media_id}")


FINDERS: dict[str, Callable[[SplitResult], Link | None]] = {
    **dict.fromkeys(("vimeo.com", "player.vimeo.com"), vimeo),
    "loom.com": loom,
    **dict.fromkeys(
        ("dailymotion.com", "touch.dailymotion.com", "geo.dailymotion.com", "dai.ly"), dailymotion
    ),
}
"""By host."""
