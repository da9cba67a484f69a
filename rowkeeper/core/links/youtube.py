"""What addresses of YouTube lead to."""

import re
from urllib.parse import SplitResult, parse_qs, unquote

from rowkeeper.core.links.link import Link
from rowkeeper.core.links.wrappers import parameter, site

HOSTS = frozenset(
    {"youtube.com", "m.youtube.com", "music.youtube.com", "gaming.youtube.com"}
    | {"studio.youtube.com", "youtube-nocookie.com", "youtubekids.com", "youtu.be"}
    | {"youtube.googleapis.com", "youtubeeducation.com"}
)

NOT_IDS = frozenset({"watch_video", "videoseries", "live_stream"})
"""Words of YouTube's own addresses that have the shape of a video's id."""

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}(?=[-_]*(?:$|[^A-Za-z0-9_-]))")
_SEVERAL = re.compile(r"[A-Za-z0-9_-]{11}[\s,;|+]+(?=.{0,10}[A-Z0-9])[A-Za-z0-9_-]{11}(?![\w-])")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}(?![A-Za-z0-9_-])")
_VIDEO_PATH = re.compile(r"(?:/@[^/]+)?/(?:shorts?|live|embed|v|vi|e|watch|video)/([^/]*)")
_LIST_PATH = re.compile(
    r"/(?:p|browse/VL|playlist)/?((?:PL|OLAK5uy_|UU|FL|[0-9A-F]{16})[^/]*)(?:/|$)"
)
_PICTURE_PATH = re.compile(r"/(?:vi|vi_webp|an|an_webp)/([^/]*)")
_CHANNEL_PATH = re.compile(r"/(?:browse/)?(@[^/]+|(?:channel|c|user)/[^/]+|UC[A-Za-z0-9_-]{22})")
_HIDDEN_PATH = re.compile(r"^!?/?(?:watch|movie)?/?[?]?")
_WORDS = frozenset({"clip", "post", "hashtag", "feed", "results", "course", "playables", "source"})


def find(parts: SplitResult) -> Link | None:
    """The video, list or channel that an address of ``HOSTS`` leads to."""
    path = re.sub(r"/+", "/", parts.path)
    if site(parts) == "youtu.be":
        asked = parameter(parts, "v") if path in {"", "/", "/watch"} else ""
        inside = _VIDEO_PATH.match(path)
        return _video(path[1:]) or _video(inside[1] if inside else asked)
    if path.startswith("/attribution_link"):
        query = parameter(parts, "u").partition("?")[2].partition("#")[0]
        inner = parts._replace(query=query)
        return _video(parameter(inner, "v")) or _playlist(parameter(inner, "list"))
    if path.startswith("/watch_videos"):
        return _video_list(parameter(parts, "video_ids"))
    named = _VIDEO_PATH.match(path)
    listed = _playlist(parameter(parts, "list") or parameter(parts, "p"))
    if listed and path.startswith("/embed/"):  # a player of the list, which begins at the video
        return listed
    video = _video(_watched(parts)) or (_video(named[1]) if named else None)
    if video or listed:
        return video or listed
    in_path = _LIST_PATH.match(path)
    return (_playlist(in_path[1]) if in_path else None) or _channel(path, parts) or _part(path)


def picture(parts: SplitResult) -> Link | None:
    """The video whose picture an address of ytimg.com shows."""
    match = _PICTURE_PATH.match(parts.path)
    return _video(match[1]) if match else None


def _watched(parts: SplitResult) -> str:
    """The video's id of ``watch?v=``, also where it stands behind '#'."""
    hidden = parse_qs(_HIDDEN_PATH.sub("", parts.fragment))
    return parameter(parts, "v", "vi", "video_id", "udvid") or next(iter(hidden.get("v", [])), "")


def _id(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.match(unquote(text).strip())
    return match[0] if match else None


def _video(text: str) -> Link | None:
    video_id = _id(_VIDEO_ID, text)
    if video_id is None or video_id in NOT_IDS or _SEVERAL.match(unquote(text).strip()):
        return None  # of several one would pass for all
    return Link("youtube", "video", video_id, f"https://www.youtube.com/watch?v={video_id}")


def _video_list(text: str) -> Link | None:
    """Videos named in the link itself; one alone is a video."""
    ids = [video_id for item in text.split(",") if (video_id := _id(_VIDEO_ID, item))]
    ids = list(dict.fromkeys(ids))
    if len(ids) < 2:
        return _video(ids[0]) if ids else None
    joined = ",".join(ids)
    url = f"https://www.youtube.com/watch_videos?video_ids={joined}"
    return Link("youtube", "video_list", joined, url)


def _playlist(text: str) -> Link | None:
    list_id = _id(_LIST_ID, text)
    if list_id is None:
        return None
    return Link("youtube", "playlist", list_id, f"https://www.youtube.com/playlist?list={list_id}")


def _channel(path: str, parts: SplitResult) -> Link | None:
    match = _CHANNEL_PATH.match(path)
    name = match[1] if match else parameter(parts, "channel")
    if name.startswith("UC"):
        name = f"channel/{name}"
    if not match and not re.fullmatch(r"channel/UC[A-Za-z0-9_-]{22}", name):
        return None
    return Link("youtube", "channel", name, f"https://www.youtube.com/{name}")


def _part(path: str) -> Link | None:
    """A clip, a search, a feed: what is YouTube's, but neither video, list nor channel."""
    word = path.strip("/").partition("/")[0]
    if word not in _WORDS:
        return None
    url = f"https://www.youtube.com{path}"
    kind = "clip" if word == "clip" else "youtube_page"
    return Link("youtube", kind, path.strip("/"), url)
