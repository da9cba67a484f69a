"""Vimeo's player, Loom and Dailymotion, as much of them as yt-dlp's own extractors ask for."""

import json
from typing import Any

from tests.fakes.site import Handler, Site, Video, WebRequest, WebResponse, not_found

WORDS = {"private": "This video is private.", "removed": "Video not found", "geo": "Not here"}
"""What Dailymotion says."""


def vimeo_player(site: Site, request: WebRequest) -> WebResponse:
    """player.vimeo.com: the page with the player's settings, and captions."""
    kind, _, media_id = request.path.strip("/").partition("/")
    video = _video(site, media_id)
    if video is None:
        return not_found()
    if kind == "texttrack":
        return WebResponse(video.captions[0].vtt.encode(), "text/vtt")
    if video.error == "private" or (video.key or "") not in (request.query.get("h", ""), ""):
        words = "Because of its privacy settings, this video cannot be played here."
        return WebResponse(words.encode(), status=403)
    tracks = [{"lang": item.language, "url": f"/texttrack/{media_id}"} for item in video.captions]
    address = f"https://vod-progressive.akamaized.net/{media_id}/0.mp4?exp=1"
    progressive = [{"url": address, "quality": "144p", "width": 256, "height": 144}]
    files = {"progressive": [] if video.error else progressive}
    config: dict[str, Any] = {
        "view": 4 if video.error == "sign_in" else 1,
        "request": {"files": files, "text_tracks": tracks},
        "video": {"id": int(media_id), "title": video.title, "duration": video.duration_s},
    }
    return WebResponse(f"<script>window.playerConfig = {json.dumps(config)}</script>".encode())


def loom(site: Site, request: WebRequest) -> WebResponse:
    """www.loom.com: its GraphQL, and where the bytes of a recording are."""
    asked = json.loads(request.body or b"{}")
    if request.path.startswith("/api/campaigns/sessions/"):
        _, endpoint = request.path.rsplit("/", 2)[1:]
        video = _video(site, request.path.split("/")[-2])
        if video is None or video.error or endpoint != "transcoded-url":
            return not_found()
        return _json({"url": f"https://cdn.loom.com/sessions/{video.id}.mp4?Policy=x"})
    video = _video(site, asked.get("variables", {}).get("videoId", ""))
    if video is None or video.error == "removed":
        return _json({"data": {"getVideo": None, "fetchVideoTranscript": None}})
    kind = {"sign_in": "VideoPasswordMissingOrIncorrect", "private": "PrivateVideo"}.get(
        video.error or "", "RegularUserVideo"
    )
    about = {"__typename": kind, "id": video.id, "name": video.title}
    address = f"https://cdn.loom.com/captions/{video.id}.vtt?Policy=x" if video.captions else None
    transcript = {"captions_source_url": address}
    return _json({"data": {"getVideo": about, "fetchVideoTranscript": transcript}})


def dailymotion(site: Site, request: WebRequest) -> WebResponse:
    """www.dailymotion.com: what its player is told of a video."""
    video = _video(site, request.path.rsplit("/", 1)[1])
    if video is None:
        return not_found()
    if video.error:
        code = "DM007" if video.error == "geo" else "DM010"
        return _json({"error": {"title": WORDS[video.error], "code": code}})
    address = f"https://s1.dmcdn.net/H264-256x144/{video.id}/0.mp4"
    return _json(
        {"title": video.title, "qualities": {"144": [{"type": "video/mp4", "url": address}]}}
    )


def dailymotion_api(site: Site, request: WebRequest) -> WebResponse:
    """graphql.api.dailymotion.com: a token for anybody, and whether there is such a video."""
    if request.path == "/oauth/token":
        return _json({"access_token": "fake"})
    media_id = json.loads(request.body)["query"].split('"')[1]
    if _video(site, media_id) is None:
        return _json({"data": {"media": None}, "errors": [{"message": "Video not found"}]})
    return _json({"data": {"media": {"xid": media_id}}})


def media(site: Site, request: WebRequest) -> WebResponse:
    """The hosts of the bytes: the first stream of a video whose id is in the path."""
    parts = request.path.replace(".", "/").split("/")
    video = next((item for item in site.videos if item.id in parts), None)
    if video is None:
        return not_found()
    if "captions" in parts:
        return WebResponse(video.captions[0].vtt.encode(), "text/vtt")
    return WebResponse(video.streams[0].body, "video/mp4")


def _video(site: Site, media_id: str) -> Video | None:
    return next((video for video in site.videos if video.id == media_id), None)


def _json(value: dict[str, Any]) -> WebResponse:
    return WebResponse(json.dumps(value).encode(), "application/json")


HANDLERS: dict[str, Handler] = {
    "player.vimeo.com": vimeo_player,
    "www.loom.com": loom,
    "www.dailymotion.com": dailymotion,
    "graphql.api.dailymotion.com": dailymotion_api,
    **dict.fromkeys(("vod-progressive.akamaized.net", "cdn.loom.com", "s1.dmcdn.net"), media),
}
"""By host."""
