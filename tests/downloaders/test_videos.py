"""Sites of videos that are a description for yt-dlp: its own extractors, against fakes of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from downloaders.base import Downloader, FetchSettings
from downloaders.pool import download_all
from downloaders.registry import CLASSES, Paces, downloader_class, providers, throttle_of
from downloaders.ytdlp.videos import KEPT, VideoDownloader
from rowkeeper.core.errors import AmbiguousError, TransferError, Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.net.throttle import Limit
from rowkeeper.core.setting_sections import Download
from tests.fakes import media
from tests.fakes.clients import fetch, request_for, settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Caption, Fault, Site, Video

VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"
IDS = {
    "vimeo": ("76979871", "76979872", "76979873", "76979874"),
    "loom": tuple(f"{number}" * 32 for number in range(4)),
    "dailymotion": ("x5kesuj", "x5kesuk", "x5kesul", "x5kesum"),
}
UNLISTED, GEO = "4242", "x5kesun"
TRANSCRIBED = ("vimeo", "loom")


@pytest.fixture(scope="module")
def site() -> Site:
    captions, streams = (Caption("en", VTT),), media.progressive()
    videos = [
        *(Video(ids[0], f"A film of {name}", streams, captions) for name, ids in IDS.items()),
        *(Video(ids[1], error="private") for ids in IDS.values()),
        *(Video(IDS[name][2], error="sign_in") for name in ("vimeo", "loom")),
        Video(IDS["loom"][3], error="removed"),
        Video(UNLISTED, "Unlisted", streams, key="0123abcdef"),
        Video(GEO, error="geo"),
    ]
    return Site(videos=videos)


def failure(settings: FetchSettings, provider: str, media_id: str) -> TransferError:
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for(provider, "video", media_id))
    return caught.value


@pytest.mark.parametrize("provider", IDS)
def test_a_video_comes_whole(settings: FetchSettings, provider: str) -> None:
    fetched = fetch(settings, request_for(provider, "video", IDS[provider][0]))
    assert fetched.path.read_bytes() == media.film()
    assert (fetched.mime_type, fetched.filename) == ("video/mp4", f"A film of {provider}.mp4")
    assert fetched.details["id"] == IDS[provider][0]
    downloader = downloader_class(provider)
    assert issubclass(downloader, VideoDownloader)
    assert set(fetched.details) <= KEPT | downloader.site.kept


@pytest.mark.parametrize("provider", TRANSCRIBED)
def test_its_captions_are_an_asset_of_their_own(settings: FetchSettings, provider: str) -> None:
    fetched = fetch(settings, request_for(provider, "transcript", IDS[provider][0]))
    assert fetched.path.read_text() == VTT
    assert fetched.text is not None
    assert fetched.text.read_text() == "hello\n"


@pytest.mark.parametrize(
    ("provider", "media_id", "code", "verdict"),
    [
        ("vimeo", IDS["vimeo"][1], "embed_only", Verdict.NEEDS_PERSON),
        ("vimeo", IDS["vimeo"][2], "password", Verdict.NEEDS_PERSON),
        ("vimeo", IDS["vimeo"][3], "not_found", Verdict.PERMANENT),
        ("vimeo", UNLISTED, "embed_only", Verdict.NEEDS_PERSON),
        ("loom", IDS["loom"][1], "unavailable", Verdict.RETRY),
        ("loom", IDS["loom"][2], "password", Verdict.NEEDS_PERSON),
        ("loom", IDS["loom"][3], "unavailable", Verdict.RETRY),
        ("dailymotion", IDS["dailymotion"][1], "private", Verdict.PERMANENT),
        ("dailymotion", IDS["dailymotion"][3], "removed", Verdict.PERMANENT),
        ("dailymotion", GEO, "geo", Verdict.PERMANENT),
    ],
)
def test_what_a_site_says_no_to(
    settings: FetchSettings, provider: str, media_id: str, code: str, verdict: Verdict
) -> None:
    error = failure(settings, provider, media_id)
    assert (error.code, error.verdict) == (code, verdict)
    assert isinstance(error, AmbiguousError) == (code == "unavailable")


@pytest.mark.parametrize("provider", IDS)
def test_faults_of_the_line_pass_and_a_full_site_pauses(
    net: FakeInternet, settings: FetchSettings, provider: str
) -> None:
    media_id = IDS[provider][0]
    for kind, verdict in ((503, Verdict.RETRY), (429, Verdict.PAUSE), ("drop", Verdict.RETRY)):
        net.site.faults[:] = [Fault(".", kind, times=99)]
        assert failure(settings, provider, media_id).verdict is verdict
    net.site.faults[:] = [Fault("0.mp4" if provider != "loom" else ".mp4", "truncate", times=3)]
    assert failure(settings, provider, media_id).code == "truncated"
    net.site.faults[:] = [Fault(".mp4", "redirect:https://evil.example/", times=9)]
    assert failure(settings, provider, media_id).code == "led_elsewhere"
    assert not any(host == "evil.example" for _, host, _ in net.requests)


def test_an_unlisted_video_of_vimeo_is_opened_by_the_key_in_its_link(
    settings: FetchSettings,
) -> None:
    link = f"https://vimeo.com/{UNLISTED}/0123abcdef?share=copy"
    fetched = fetch(settings, request_for("vimeo", "video", UNLISTED, url_as_found=link))
    assert fetched.filename == "Unlisted.mp4"


@pytest.mark.parametrize("provider", IDS)
def test_ids_from_outside_are_checked(
    net: FakeInternet, settings: FetchSettings, provider: str
) -> None:
    assert failure(settings, provider, "../x?y=https://z").code == "bad_link"
    assert net.requests == []


def test_each_provider_has_a_pace_and_so_has_one_that_names_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Paceless(Downloader):
        """A provider whose author thought of no pace."""

    monkeypatch.setitem(CLASSES, "paceless", ("here", "Paceless"))
    monkeypatch.setattr(
        "downloaders.registry.import_module", lambda _: type("m", (), {"Paceless": Paceless})
    )
    assert Paces(Download())["paceless"] == Paces(Download())["nobody's"] == Downloader.pace
    assert Downloader.pace.rate > 0 < Downloader.pace.slots
    monkeypatch.undo()
    paces = Paces(Download.model_validate({"rates": "vimeo=9", "concurrency": {"loom": 7}}))
    assert paces["vimeo"] == replace(downloader_class("vimeo").pace, rate=9.0)
    assert paces["loom"].slots == 7
    assert all(0 < paces[name].rate <= 9 and paces[name].slots for name in providers())


def test_a_provider_is_throttled_by_its_own_pace(net: FakeInternet, tmp_path: Path) -> None:
    waited: list[float] = []
    own = throttle_of(Download(pace_dir=tmp_path / "pace"))
    throttle = replace(own, limits={"loom": Limit(rate=0.01)}, sleep=waited.append)
    settings = settings_for(net, tmp_path, throttle=throttle)
    fetch(settings, request_for("loom", "video", IDS["loom"][0]))
    asked = [host for _, host, _ in net.requests if host == "www.loom.com"]
    turns = [wait for wait in waited if wait > 1]  # the first may be a rounding above nothing
    assert len(turns) == len(asked) - 1 > 0


def test_all_sites_in_one_run(net: FakeInternet, tmp_path: Path) -> None:
    events: list[AssetEvent] = []
    wanted = [request_for(name, "video", ids[0]) for name, ids in IDS.items()]
    download_all(wanted, settings_for(net, tmp_path), events.append, "s1")
    assert [event.event_type for event in events] == [EventType.DOWNLOADED] * 3
