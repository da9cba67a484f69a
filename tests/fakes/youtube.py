"""YouTube, as much of it as yt-dlp's own extractor asks for."""

import json
import re
from typing import Any

from tests.fakes.site import Caption, Playlist, Site, Stream, Video, WebRequest, WebResponse
from tests.fakes.site import not_found as page_not_found

MEDIA_HOST = "rr1---sn-fake.googlevideo.com"
CONFIG = {
    "INNERTUBE_API_KEY": "fake",
    "INNERTUBE_CLIENT_VERSION": "2.20261101.00.00",
    "INNERTUBE_CONTEXT": {"client": {"clientName": "WEB", "clientVersion": "2.20261101.00.00"}},
    "VISITOR_DATA": "ZmFrZQ%3D%3D",
    "STS": 20400,
}
REASONS: dict[str, tuple[str, str, str | None]] = {
    "removed": ("ERROR", "Video unavailable", "This video has been removed by the uploader"),
    "private": (
        "LOGIN_REQUIRED",
        "Private video",
        "Sign in if you've been granted access to this video",
    ),
    "terminated": (
        "ERROR",
        "Video unavailable",
        "This video is no longer available because the YouTube account associated with this video "
        "has been terminated.",
    ),
    "members_only": (
        "UNPLAYABLE",
        "Join this channel to get access to members-only content like this video, and other "
        "exclusive perks.",
        None,
    ),
    "geo": (
        "UNPLAYABLE",
        "Video unavailable",
        "The uploader has not made this video available in your country",
    ),
    "age": ("LOGIN_REQUIRED", "Sign in to confirm your age", "This video may be inappropriate."),
    "bot_check": ("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", None),
    "try_later": ("UNPLAYABLE", "This content isn't available, try again later.", None),
    "payment": ("UNPLAYABLE", "This video requires payment to watch.", None),
    "sign_in": ("LOGIN_REQUIRED", "Please sign in", None),
    "not_yet": ("LIVE_STREAM_OFFLINE", "This live event will begin in 2 hours.", None),
    "gone": ("ERROR", "Video unavailable", "This video is unavailable"),
    "nameless": ("ERROR", "Video unavailable", "This content isn’t available."),
}


def www(site: Site, request: WebRequest) -> WebResponse:
    """www.youtube.com: watch and playlist pages, the player and browse calls, captions."""
    path, query = request.path, request.query
    if path == "/watch":
        return _watch_page(site, query.get("v", ""))
    if path == "/playlist":
        return _page(_playlist_data(site, query.get("list", "")))
    if path.startswith("/embed/") or path == "/tv":
        return _page({})
    if path == "/api/timedtext":
        return _captions(site, query)
    if path.startswith("/youtubei/v1/"):
        asked = json.loads(request.body or b"{}")
        if path.endswith("/player"):
            return _json(player_response(_video(site, asked.get("videoId", ""))))
        if path.endswith("/browse") and "continuation" in asked:
            return _json(_continuation(site, asked["continuation"]))
        if path.endswith("/browse"):
            return _json(_playlist_data(site, asked.get("browseId", "").removeprefix("VL")))
    return page_not_found()


def googlevideo(site: Site, request: WebRequest) -> WebResponse:
    """Media bytes, whole, by ``Range:`` header or by ``range=`` in the query."""
    if site.po_token not in (None, request.query.get("pot")):
        return WebResponse(b"", "text/plain", 403)
    video = _video(site, request.query.get("id", ""))
    itag = int(request.query.get("itag", 0))
    stream = next((item for item in video.streams if item.itag == itag), None)
    if stream is None:
        return page_not_found()
    mime_type = stream.mime_type.partition(";")[0]
    body, headers = stream.body, {"Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
    if not wanted:
        return WebResponse(body, mime_type, headers=headers)
    first = int(wanted[1])
    last = min(int(wanted[2] or len(body) - 1), len(body) - 1)
    if first > last:
        return WebResponse(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return WebResponse(body[first : last + 1], mime_type, 206, headers)


def player_response(video: Video) -> dict[str, Any]:
    """What ``youtubei/v1/player`` says about ``video``."""
    response: dict[str, Any] = {
        "videoDetails": {
            "videoId": video.id,
            "title": video.title,
            "lengthSeconds": str(video.duration_s),
            "channelId": "UC" + "f" * 22,
            "author": "A channel",
            "isLive": video.live,
            "isLiveContent": video.live or video.was_live or video.post_live,
            "isPostLiveDvr": video.post_live,
        },
        "microformat": {"playerMicroformatRenderer": {"uploadDate": "2026-01-02T03:04:05-08:00"}},
    }
    if video.error:
        return {**response, "playabilityStatus": _unplayable(video)}
    formats = [_format(video, item) for item in video.streams if item.progressive]
    adaptive = [_format(video, item) for item in video.streams if not item.progressive]
    return {
        **response,
        "playabilityStatus": {"status": "OK", "playableInEmbed": True},
        "streamingData": {"formats": formats, "adaptiveFormats": adaptive},
        "captions": {
            "playerCaptionsTracklistRenderer": {
                "captionTracks": [_track(video, item) for item in video.captions],
                "translationLanguages": [
                    {"languageCode": code, "languageName": {"simpleText": code}}
                    for code in ("de", "en")
                ],
            }
        },
    }


def _video(site: Site, video_id: str) -> Video:
    unknown = Video(video_id, error="gone")
    return next((item for item in site.videos if item.id == video_id), unknown)


def _unplayable(video: Video) -> dict[str, Any]:
    status, reason, detail = REASONS[str(video.error)]
    if video.trailer:
        trailer = {"playerLegacyDesktopYpcTrailerRenderer": {"trailerVideoId": video.trailer}}
        return {"status": status, "reason": reason, "errorScreen": trailer}
    message: dict[str, Any] = {"reason": {"simpleText": reason}}
    if detail:
        message["subreason"] = {"simpleText": detail}
    screen = {"playerErrorMessageRenderer": message}
    return {"status": status, "reason": reason, "errorScreen": screen}


def _format(video: Video, stream: Stream) -> dict[str, Any]:
    kind: dict[str, Any] = {"audioQuality": "AUDIO_QUALITY_MEDIUM", "audioSampleRate": "44100"}
    if stream.height is not None:
        label = f"{stream.height}p"
        kind = {"height": stream.height, "width": stream.height * 16 // 9, "qualityLabel": label}
    return {
        "itag": stream.itag,
        "url": f"https://{MEDIA_HOST}/videoplayback?id={video.id}&itag={stream.itag}&source=fake",
        "mimeType": stream.mime_type,
        "contentLength": str(len(stream.body)),
        "bitrate": len(stream.body) * 8 // max(video.duration_s, 1),
        "approxDurationMs": str(video.duration_s * 1000),
        "quality": "tiny" if stream.height is None else "medium",
        **({"drmFamilies": ["WIDEVINE"]} if video.drm else {}),
        **kind,
    }


def _track(video: Video, caption: Caption) -> dict[str, Any]:
    kind = ("&kind=asr" if caption.automatic else "") + "&exp=xpe" * video.captions_want_token
    track: dict[str, Any] = {
        "baseUrl": f"https://www.youtube.com/api/timedtext?v={video.id}"
        f"&lang={caption.language}{kind}",
        "name": {"simpleText": caption.language},
        "vssId": ("a." if caption.automatic else ".") + caption.language,
        "languageCode": caption.language,
        "isTranslatable": True,
    }
    return {**track, "kind": "asr"} if caption.automatic else track


def _captions(site: Site, query: Any) -> WebResponse:
    automatic = query.get("kind") == "asr"
    for caption in _video(site, query.get("v", "")).captions:
        if caption.language == query.get("lang") and caption.automatic == automatic:
            if query.get("fmt") == "vtt":
                return WebResponse(caption.vtt.encode(), "text/vtt; charset=UTF-8")
            events = [{"tStartMs": 0, "dDurationMs": 1000, "segs": [{"utf8": caption.vtt}]}]
            return _json({"wireMagic": "pb3", "events": events})
    return page_not_found()


def _watch_page(site: Site, video_id: str) -> WebResponse:
    results: dict[str, Any] = {"results": {"results": {"contents": []}}}
    data = {"contents": {"twoColumnWatchNextResults": results}}
    return _page(data, player_response(_video(site, video_id)))


def _playlist_data(site: Site, playlist_id: str) -> dict[str, Any]:
    playlist = next((item for item in site.playlists if item.id == playlist_id), None)
    if playlist is None:
        text = {"runs": [{"text": "The playlist does not exist."}]}
        return {"alerts": [{"alertRenderer": {"type": "ERROR", "text": text}}]}
    inner = {"playlistVideoListRenderer": {"contents": _playlist_items(playlist, 0)}}
    section = {"itemSectionRenderer": {"contents": [inner]}}
    content = {"sectionListRenderer": {"contents": [section]}}
    tabs = [{"tabRenderer": {"selected": True, "content": content}}]
    metadata = {"playlistMetadataRenderer": {"title": playlist.title}}
    contents = {"twoColumnBrowseResultsRenderer": {"tabs": tabs}}
    page: dict[str, Any] = {"contents": contents, "metadata": metadata}
    if playlist.stated is not None:
        count: Any = {"text": {"simpleText": f"{playlist.stated} videos"}}
        byline = [{"playlistBylineRenderer": count}]
        page["header"] = {"playlistHeaderRenderer": {"byline": byline}}
    if playlist.notice is not None:
        alert: Any = {"type": "INFO", "text": {"simpleText": playlist.notice}}
        page["alerts"] = [{"alertWithButtonRenderer": alert}]
    return page


def _playlist_items(playlist: Playlist, start: int) -> list[dict[str, Any]]:
    end = start + playlist.page_size
    items: list[dict[str, Any]] = [
        {
            "playlistVideoRenderer": {
                "videoId": video_id,
                "title": {"runs": [{"text": title}]},
                "lengthSeconds": "1",
                "isPlayable": True,
            }
        }
        for video_id, title in playlist.entries[start:end]
    ]
    if end < len(playlist.entries):
        command = {"token": f"{playlist.id}:{end}", "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}
        endpoint = {"continuationEndpoint": {"continuationCommand": command}}
        items.append({"continuationItemRenderer": endpoint})
    return items


def _continuation(site: Site, token: str) -> dict[str, Any]:
    playlist_id, _, start = token.rpartition(":")
    if site.cuts.get(playlist_id, 0):
        site.cuts[playlist_id] -= 1
        return {"responseContext": {}}
    playlist = next(item for item in site.playlists if item.id == playlist_id)
    items = [] if playlist_id in site.hollow else _playlist_items(playlist, int(start))
    action = {"continuationItems": items}
    return {"onResponseReceivedActions": [{"appendContinuationItemsAction": action}]}


def _page(data: dict[str, Any], player: dict[str, Any] | None = None) -> WebResponse:
    scripts = [f"ytcfg.set({json.dumps(CONFIG)});", f"var ytInitialData = {json.dumps(data)};"]
    if player:
        scripts.append(f"var ytInitialPlayerResponse = {json.dumps(player)};")
    body = "".join(f"<script>{script}</script>" for script in scripts)
    return WebResponse(f"<!DOCTYPE html><html><body>{body}</body></html>".encode())


def _json(value: dict[str, Any]) -> WebResponse:
    return WebResponse(json.dumps(value).encode(), "application/json; charset=utf-8")
