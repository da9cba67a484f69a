"""yt-dlp's own YouTube extractor over verified TLS, against a fake YouTube."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import get_args

import imageio_ffmpeg  # type: ignore[import-untyped]
import pytest

from downloaders.base import FetchSettings
from downloaders.pool import download_all
from downloaders.youtube.downloader import YOUTUBE
from downloaders.ytdlp.client import Client
from downloaders.ytdlp.videos import KEPT
from rowkeeper.core.errors import AmbiguousError, TransferError, Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import asset_id
from tests.fakes import media
from tests.fakes.clients import changed, fetch, request_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Caption, Fault, Playlist, Site, Video, VideoError

MERGED, SINGLE, SPOKEN, MUTE = "merged_____", "single_____", "spoken_____", "mute_______"
PAID, PREMIERE, TRAILER, WITHHELD = "paid_______", "premiere___", "trailer____", "withheld___"
TALL, LIVE, ENDED, WEBM, LOCKED = (
    "tall_______",
    "live_______",
    "ended______",
    "webm_______",
    "locked_____",
)
EXPECTED: dict[str, tuple[str, Verdict]] = {
    "removed": ("removed", Verdict.PERMANENT),
    "private": ("private", Verdict.PERMANENT),
    "terminated": ("terminated", Verdict.PERMANENT),
    "members_only": ("members_only", Verdict.PERMANENT),
    "geo": ("geo", Verdict.PERMANENT),
    "gone": ("unavailable", Verdict.RETRY),
    "nameless": ("unavailable", Verdict.RETRY),
    "age": ("age_restricted", Verdict.NEEDS_PERSON),
    "payment": ("payment_required", Verdict.NEEDS_PERSON),
    "sign_in": ("sign_in", Verdict.NEEDS_PERSON),
    "not_yet": ("not_yet_live", Verdict.RETRY),
    "bot_check": ("bot_check", Verdict.PAUSE),
    "try_later": ("rate_limited", Verdict.PAUSE),
}


def vtt(text: str) -> str:
    return f"WEBVTT\nKind: captions\n\n00:00.000 --> 00:01.000\n{text}\n"


def failing(error: VideoError) -> Video:
    return Video(f"{error:_<11}"[:11], error=error)


@pytest.fixture(scope="module")
def site() -> Site:
    captions = (
        Caption("de", vtt("geschrieben")),
        Caption("en", vtt("heard"), automatic=True),
        Caption("en-GB", vtt("written")),
    )
    return Site(
        videos=[
            Video(MERGED, "A “film” / one", media.adaptive(), captions),
            Video(SINGLE, "Single", media.progressive(), (Caption("de", vtt("deutsch")),)),
            Video(SPOKEN, "Spoken", media.progressive(), (Caption("en", vtt("asr"), True),)),
            Video(MUTE, "Mute", media.progressive()),
            Video(TALL, "Tall", media.progressive(288)),
            Video(LIVE, "Live", media.progressive(), live=True),
            Video(ENDED, "Ended", media.progressive(), was_live=True),
            Video(WEBM, "WebM", media.only_webm()),
            Video(LOCKED, "Locked", media.adaptive(), drm=True),
            Video(PAID, "Paid", error="payment", trailer=TRAILER),
            Video(PREMIERE, "Premiere", error="not_yet", trailer=TRAILER),
            Video(TRAILER, "Trailer", media.progressive(), captions),
            Video(WITHHELD, "Spoken", media.progressive(), captions, captions_want_token=True),
            *(failing(error) for error in get_args(VideoError)),
        ],
        playlists=[
            Playlist("PLtenvideos", "Ten", tuple((f"video{n:06}", f"No {n}") for n in range(10)), 4)
        ],
    )


def failure(settings: FetchSettings, kind: str, media_id: str) -> tuple[str, Verdict]:
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("youtube", kind, media_id))
    left = {path.suffix for path in settings.data_dir.iterdir()}
    assert left <= ({".part"} if caught.value.verdict in {Verdict.RETRY, Verdict.PAUSE} else set())
    return caught.value.code, caught.value.verdict


def streams_of(path: Path) -> list[str]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return [line.split(": ")[1] for line in shown.splitlines() if "Stream #" in line]


def test_sound_and_picture_are_merged(settings: FetchSettings) -> None:
    request = request_for("youtube", "video", MERGED)
    fetched = fetch(settings, request)
    assert fetched.path == settings.data_dir / f"{request.asset_id}.mp4"
    assert streams_of(fetched.path) == ["Video", "Audio"]
    assert fetched.filename == "A “film” / one.mp4"
    assert fetched.mime_type == "video/mp4"
    assert fetched.details["format_id"] == "160+140"
    assert set(fetched.details) <= KEPT | YOUTUBE.kept
    assert not (settings.data_dir / f"{request.asset_id}.part").exists()


def test_single_stream_is_stored_untouched(settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("youtube", "video", SINGLE))
    assert fetched.path.read_bytes() == media.film()


def test_formats_above_the_limit_only_without_others(settings: FetchSettings) -> None:
    low = changed(settings, max_height=144)
    assert fetch(low, request_for("youtube", "video", TALL)).details["height"] == 288


def test_the_format_is_a_setting(settings: FetchSettings) -> None:
    fetched = fetch(changed(settings, format="140"), request_for("youtube", "video", MERGED))
    assert streams_of(fetched.path) == ["Audio"]
    assert (fetched.mime_type, fetched.path.suffix) == ("audio/mp4", ".m4a")


@pytest.mark.parametrize(
    ("media_id", "text", "source", "language"),
    [
        (MERGED, "written", "manual", "en-GB"),
        (SINGLE, "deutsch", "manual", "de"),
        (SPOKEN, "asr", "automatic", "en-orig"),
    ],
)
def test_transcript(
    settings: FetchSettings, media_id: str, text: str, source: str, language: str
) -> None:
    fetched = fetch(settings, request_for("youtube", "transcript", media_id))
    assert fetched.path.read_text() == vtt(text)
    assert fetched.path.suffix == ".vtt"
    assert fetched.details["caption_source"] == source
    assert fetched.details["caption_language"] == language


@pytest.mark.parametrize("body", ["WEBVTT\n", vtt(" "), vtt("<c></c>")])
def test_captions_without_a_word_are_none(
    net: FakeInternet, settings: FetchSettings, body: str
) -> None:
    """The next ones are taken, such as those of speech recognition; without any it may pass."""
    empty = Caption("en", body)
    silent = Video("silent_____", streams=media.progressive(), captions=(empty,))
    net.site.videos = [silent]
    assert failure(settings, "transcript", "silent_____") == ("empty_transcript", Verdict.RETRY)
    tracks = (empty, Caption("en", vtt("heard"), automatic=True))
    net.site.videos = [replace(silent, captions=tracks)]
    fetched = fetch(settings, request_for("youtube", "transcript", "silent_____"))
    assert fetched.path.read_text() == vtt("heard")
    assert fetched.details["caption_source"] == "automatic"


def test_no_transcript(settings: FetchSettings) -> None:
    assert failure(settings, "transcript", MUTE) == ("no_transcript", Verdict.PERMANENT)


@pytest.mark.parametrize("error", get_args(VideoError))
@pytest.mark.parametrize("kind", ["video", "transcript"])
def test_unplayable(settings: FetchSettings, error: VideoError, kind: str) -> None:
    assert failure(settings, kind, failing(error).id) == EXPECTED[error]


@pytest.mark.parametrize(
    ("match", "kind", "outcome"),
    [
        ("www.youtube.com", 503, ("http_503", Verdict.RETRY)),
        ("www.youtube.com", 429, ("rate_limited", Verdict.PAUSE)),
        ("www.youtube.com", "drop", ("transport", Verdict.RETRY)),
        ("googlevideo.com", 503, ("http_503", Verdict.RETRY)),
        ("googlevideo.com", 403, ("http_403", Verdict.RETRY)),
        ("googlevideo.com", "truncate", ("truncated", Verdict.RETRY)),
        (
            "googlevideo.com",
            "redirect:https://evil.example/",
            ("led_elsewhere", Verdict.RETRY),
        ),
        (
            "www.youtube.com",
            "redirect:https://www.google.com/sorry/index",
            ("rate_limited", Verdict.PAUSE),
        ),
    ],
)
def test_faults(
    net: FakeInternet,
    settings: FetchSettings,
    match: str,
    kind: int | str,
    outcome: tuple[str, Verdict],
) -> None:
    net.site.faults.append(Fault(match, kind, times=99))
    assert failure(settings, "video", SINGLE) == outcome
    hosts = {host for _, host, _ in net.requests}
    assert not hosts & {"evil.example", "www.google.com"}


def test_a_passing_fault_of_one_client_is_survived(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.faults.append(Fault("youtubei/v1/player", 503))
    assert fetch(settings, request_for("youtube", "video", SINGLE)).size_bytes


def test_redirects_inside_the_site_are_followed(net: FakeInternet, settings: FetchSettings) -> None:
    moved = f"redirect:/videoplayback?id={SINGLE}&itag=18"
    net.site.faults.append(Fault("googlevideo.com", moved))
    assert fetch(settings, request_for("youtube", "video", SINGLE)).size_bytes


def test_a_live_stream_waits(settings: FetchSettings) -> None:
    assert failure(settings, "video", LIVE) == ("live", Verdict.RETRY)


def test_a_live_recording_is_a_video(settings: FetchSettings) -> None:
    assert fetch(settings, request_for("youtube", "video", ENDED)).mime_type == "video/mp4"


def test_where_there_is_no_mp4_the_true_container_stays(settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("youtube", "video", WEBM))
    assert (fetched.mime_type, fetched.path.suffix) == ("video/webm", ".webm")
    assert fetched.filename == "WebM.webm"
    assert streams_of(fetched.path) == ["Video"]


def test_what_is_locked_for_one_session_is_not_gone_for_good(settings: FetchSettings) -> None:
    """YouTube tries DRM on all videos of some sessions."""
    with pytest.raises(AmbiguousError) as caught:
        fetch(settings, request_for("youtube", "video", LOCKED))
    assert caught.value.code == "drm"


@pytest.mark.parametrize("kind", ["video", "transcript"])
@pytest.mark.parametrize(
    ("media_id", "outcome"),
    [
        (PAID, ("payment_required", Verdict.NEEDS_PERSON)),
        (PREMIERE, ("not_yet_live", Verdict.RETRY)),
    ],
)
def test_a_trailer_is_not_the_video(
    net: FakeInternet,
    settings: FetchSettings,
    media_id: str,
    kind: str,
    outcome: tuple[str, Verdict],
) -> None:
    assert failure(settings, kind, media_id) == outcome
    assert net.fetched("googlevideo.com") == net.fetched("/api/timedtext") == 0


def test_another_video_is_not_the_video(
    net: FakeInternet, settings: FetchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the site, and however it comes to name another one."""
    another = {"id": TRAILER, "requested_downloads": [{"filepath": "media.mp4"}]}
    monkeypatch.setattr(Client, "extract_info", lambda *_, **__: another)
    outcome = ("another_video", Verdict.RETRY)
    for provider, media_id in (("loom", "a" * 32), ("dailymotion", "x123"), ("vimeo", "123")):
        with pytest.raises(TransferError) as caught:
            fetch(settings, request_for(provider, "video", media_id))
        assert (caught.value.code, caught.value.verdict) == outcome


@pytest.mark.parametrize(
    ("match", "kind", "outcome"),
    [
        ("youtubei/v1/player", 503, ("no_answer", Verdict.RETRY)),
        ("youtubei/v1/player", "drop", ("no_answer", Verdict.RETRY)),
        ("youtubei/v1/player", 429, ("rate_limited", Verdict.PAUSE)),
        ("youtubei/v1/player", 403, ("no_answer", Verdict.RETRY)),
        ("youtubei/v1/player", 400, ("no_answer", Verdict.RETRY)),
        ("youtubei/v1/player", 404, ("no_answer", Verdict.RETRY)),
        ("iframe_api", 404, ("no_transcript", Verdict.PERMANENT)),
    ],
)
def test_what_was_not_answered_may_have_told_of_captions(
    net: FakeInternet,
    settings: FetchSettings,
    match: str,
    kind: int | str,
    outcome: tuple[str, Verdict],
) -> None:
    net.site.faults.append(Fault(match, kind))
    assert failure(settings, "transcript", MUTE) == outcome


def test_withheld_captions_are_no_proof_that_there_are_none(settings: FetchSettings) -> None:
    for _ in range(2):  # a second try of the same thread is told the same
        assert failure(settings, "transcript", WITHHELD) == ("po_token", Verdict.RETRY)


def test_a_failed_transcript_does_not_cost_the_video(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.faults.append(Fault("api/timedtext", 500, times=99))
    events: list[AssetEvent] = []
    wanted = [request_for("youtube", kind, MERGED) for kind in ("transcript", "video")]
    download_all(wanted, settings, events.append, "s1")
    ends = {event.asset_kind: (event.event_type, event.verdict) for event in events}
    assert ends == {
        "transcript": (EventType.DOWNLOAD_FAILED, "retry"),
        "video": (EventType.DOWNLOADED, None),
    }


def test_certificates_are_verified(settings: FetchSettings) -> None:
    outcome = failure(changed(settings, ca_file=None), "video", SINGLE)
    assert outcome == ("transport", Verdict.RETRY)


def test_playlist_over_several_pages(settings: FetchSettings) -> None:
    request = request_for("youtube", "playlist", "PLtenvideos")
    fetched = fetch(settings, request)
    listing = json.loads(fetched.path.read_text())
    assert [entry["id"] for entry in listing["entries"]] == [f"video{n:06}" for n in range(10)]
    assert [(child.position, child.asset_kind) for child in fetched.discovered[:3]] == [
        (1, "video"),
        (1, "transcript"),
        (2, "video"),
    ]
    assert len(fetched.discovered) == 20
    last = fetched.discovered[-1]
    assert (last.title, last.media_id) == ("No 9", "video000009")
    assert last.asset_id == asset_id("7", "youtube", "video000009", "transcript")
    assert fetch(settings, request).sha256 == fetched.sha256


def test_missing_playlist(settings: FetchSettings) -> None:
    assert failure(settings, "playlist", "PLnothing") == ("not_found", Verdict.PERMANENT)


def test_a_list_of_videos_in_the_link_needs_no_request(
    net: FakeInternet, settings: FetchSettings
) -> None:
    url = f"https://www.youtube.com/watch_videos?video_ids={MERGED},{SINGLE},<bad>"
    request = request_for("youtube", "playlist", f"{MERGED},{SINGLE}", original_url=url)
    fetched = fetch(settings, request)
    assert [child.media_id for child in fetched.discovered[::2]] == [MERGED, SINGLE]
    assert net.requests == []


@pytest.mark.parametrize("kind", ["video", "transcript", "playlist"])
def test_ids_from_outside_are_checked(settings: FetchSettings, kind: str) -> None:
    assert failure(settings, kind, "../x?y=https://z") == ("bad_link", Verdict.PERMANENT)
