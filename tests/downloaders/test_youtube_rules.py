"""YouTube: limits, resuming, captions as text, and what yt-dlp may not do."""

import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yt_dlp import parse_options  # type: ignore[import-untyped]
from yt_dlp.utils import DownloadError  # type: ignore[import-untyped]

from downloaders.base import FetchSettings
from downloaders.pool import download_all
from downloaders.sidecar import sidecar_path
from downloaders.youtube.downloader import YOUTUBE
from downloaders.ytdlp.captions import plain_text
from downloaders.ytdlp.client import Client, keep_same
from downloaders.ytdlp.errors import transfer_error
from rowkeeper.cli import doctor
from rowkeeper.core.errors import DiskFullError, TransferError, UsageError, Verdict
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.net.pace import FilePace
from rowkeeper.core.net.throttle import Limit, Throttle
from tests.fakes import media
from tests.fakes.clients import changed, fetch, request_for, settings_for, settings_in
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Caption, Fault, Playlist, Site, Video

FILM = "film_______"
OFF = [
    "exec_cmd",
    "netrc_cmd",
    "usenetrc",
    "external_downloader",
    "enable_file_urls",
    "cookiesfrombrowser",
    "writelink",
    "writeurllink",
    "writewebloclink",
    "writedesktoplink",
    "writeinfojson",
    "writedescription",
    "config_locations",
    "load_info_filename",
    "download_archive",
    "postprocessors",
    "call_home",
]


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    caption = Caption("en", "WEBVTT\n\n00:00.000 --> 00:01.000\nyou &amp; <i>me</i>\n")
    film = Video(FILM, "Film", media.progressive(), (caption,))
    entries = tuple((f"video{n:06}", f"No {n}") for n in range(10))
    with FakeInternet(Site(videos=[film], playlists=[Playlist("PLten", "Ten", entries)])) as net:
        yield net


def code_of(settings: FetchSettings) -> str:
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("youtube", "video", FILM))
    return caught.value.code


def test_a_half_video_is_continued(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.faults.append(Fault("googlevideo.com", "truncate", times=3))
    assert code_of(settings) == "truncated"
    half = next(settings.data_dir.glob("*.part/media*.part")).stat().st_size
    net.served.clear()
    fetched = fetch(settings, request_for("youtube", "video", FILM))
    assert fetched.path.read_bytes() == media.film()
    assert 0 < net.served["rr1---sn-fake.googlevideo.com"] == len(media.film()) - half
    assert not list(settings.data_dir.glob("*.part/media*"))


def test_another_version_starts_over(tmp_path: Path) -> None:
    item = {"format_id": "18", "filesize": 9, "url": "https://x.googlevideo.com/v?lmt=1"}
    keep_same(tmp_path, [item], YOUTUBE)
    half = tmp_path / "media.18.mp4.part"
    half.write_bytes(b"half")
    keep_same(tmp_path, [item], YOUTUBE)
    assert half.exists()
    keep_same(tmp_path, [{**item, "url": "https://y.googlevideo.com/v?lmt=2"}], YOUTUBE)
    assert not half.exists()
    half.write_bytes(b"half")
    (tmp_path / "version.json").write_bytes(b"\xff\0")  # a power cut left it so
    keep_same(tmp_path, [item], YOUTUBE)
    assert not half.exists()


def test_limits(net: FakeInternet, settings: FetchSettings) -> None:
    assert code_of(changed(settings, max_bytes=1000)) == "too_large"
    assert code_of(changed(settings, max_duration_s=0.5)) == "too_long"
    with pytest.raises(DiskFullError, match="min_free_bytes"):
        code_of(changed(settings, min_free_bytes=1 << 60))
    assert net.fetched("googlevideo.com") == 0


@pytest.mark.parametrize(
    ("message", "code", "verdict"),
    [
        ("This video is not available", "unavailable", Verdict.RETRY),
        ("This live stream recording is not available.", "unavailable", Verdict.RETRY),
        ("The uploader has not made this available in your country", "geo", Verdict.PERMANENT),
        ("Only available to Music Premium members", "payment_required", Verdict.NEEDS_PERSON),
        ("This content isn\u2019t available, try again later.", "rate_limited", Verdict.PAUSE),
        ("Too many requests, slow down.", "rate_limited", Verdict.PAUSE),
        ("Requested format is not available", "no_format", Verdict.RETRY),
        ("We're processing this video. Check back later.", "processing", Verdict.RETRY),
    ],
)
def test_what_youtube_says(message: str, code: str, verdict: Verdict, tmp_path: Path) -> None:
    error = DownloadError(f"ERROR: [youtube] {FILM}: {message}")
    ours = transfer_error(error, Client(settings_in(tmp_path), YOUTUBE))
    assert (ours.code, ours.verdict) == (code, verdict)


def test_a_page_is_no_video(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.pages["rr1---sn-fake.googlevideo.com/videoplayback"] = "<!DOCTYPE html><html>"
    assert code_of(settings) == "not_media"


def test_a_long_playlist_tells_what_it_left_out(settings: FetchSettings) -> None:
    short = changed(settings, max_playlist=3)
    for media_id, left_out in (("PLten", 7), (",".join([FILM] * 5), 2)):
        fetched = fetch(short, request_for("youtube", "playlist", media_id))
        assert fetched.details["left_out"] == left_out
        assert {child.position for child in fetched.discovered} == {1, 2, 3}


def test_a_transcript_is_text_too(settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("youtube", "transcript", FILM))
    assert fetched.text is not None
    assert fetched.text.read_text() == "you & me\n"


@pytest.mark.parametrize(
    ("naming", "name"), [("asset_id", None), ("media_id", f"{FILM}_transcript")]
)
def test_captions_and_their_text_lie_side_by_side(
    settings: FetchSettings, naming: str, name: str | None
) -> None:
    events: list[AssetEvent] = []
    request = request_for("youtube", "transcript", FILM)
    for _ in range(2):
        download_all([request], changed(settings, naming=naming), events.append, "s1")
    path = settings.data_dir / str(events[-1].local_path)
    assert path.stem == (name or request.asset_id)
    text = path.with_suffix(".txt")
    details = events[-1].details
    assert details["text_path"] == text.relative_to(settings.data_dir).as_posix()
    assert text.read_text() == "you & me\n"
    assert details["text_sha256"] == hashlib.sha256(text.read_bytes()).hexdigest()
    sidecar = json.loads(sidecar_path(path).read_bytes())
    assert sidecar["download_result"]["files_downloaded"] == [path.name, text.name]


WORDS = st.lists(st.sampled_from(["Ha", "Ha ha", "[Music]", "you", "you and", "no"]), max_size=12)


def vtt_of(cues: list[tuple[int, int, str]]) -> str:
    """WebVTT of cues ``(start, end, text)``, times in milliseconds."""
    times = [
        " --> ".join(f"{ms // 60000:02}:{ms // 1000 % 60:02}.{ms % 1000:03}" for ms in cue[:2])
        for cue in cues
    ]
    return "WEBVTT\n\n" + "".join(
        f"{time}\n{text}\n\n" for time, (_, _, text) in zip(times, cues, strict=True)
    )


def text_of(cues: list[tuple[int, int, str]]) -> list[str]:
    return plain_text(vtt_of(cues), rolling=True).splitlines()


@given(WORDS, st.lists(st.integers(0, 9000), min_size=12, max_size=12))
def test_rolling_captions_are_told_once(lines: list[str], pauses: list[int]) -> None:
    """As YouTube's: each line below the one before, then alone for a moment; after a pause the
    screen is empty."""
    cues, above, now = [], " ", 0
    for line, pause in zip(lines, pauses, strict=False):
        cues += [(now, now + 1990, f"{above}\n{line}"), (now + 1990, now + 2000, f"{line}\n ")]
        now += 2000 + (pause if pause > 4000 else 0)
        above = " " if pause > 4000 else line
    assert text_of(cues) == lines


@given(WORDS, st.integers(0, 9000))
def test_lines_in_cues_of_their_own_are_told_each(lines: list[str], pause: int) -> None:
    alone = [line.split()[0] for line in lines]
    step = 2000 + pause
    assert text_of([(i * step, i * step + 2000, line) for i, line in enumerate(alone)]) == alone


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6), max_size=6))
def test_a_growing_line_is_told_whole(sentences: list[list[str]]) -> None:
    cues, now = [], 0
    for words in sentences:
        for count in range(1, len(words) + 1):
            cues.append((now, now + 300, " ".join(words[:count])))
            now += 300
        now += 2000
    assert text_of(cues) == [" ".join(words) for words in sentences]


@pytest.mark.parametrize(
    ("cues", "lines"),
    [
        ([(0, 900, "Ha"), (900, 1800, "Ha"), (1800, 2700, "Ha")], ["Ha", "Ha", "Ha"]),
        ([(0, 2000, "[Music]"), (11000, 13000, "[Music]")], ["[Music]", "[Music]"]),
        ([(0, 1000, "a\nb"), (1000, 2000, "b"), (2000, 3000, "b\nc")], ["a", "b", "c"]),
        ([(0, 1000, "so\nI"), (1000, 2000, "so\nI am")], ["so", "I am"]),
        ([(0, 1000, "No"), (1000, 2000, "Nothing")], ["No", "Nothing"]),
        ([(0, 1000, "No"), (5000, 6000, "No way")], ["No", "No way"]),
        ([(0, 1000, "今日"), (1000, 2000, "今日は")], ["今日は"]),
    ],
)
def test_cue_times_tell_a_repeat_from_a_line_still_shown(
    cues: list[tuple[int, int, str]], lines: list[str]
) -> None:
    assert text_of(cues) == lines


@given(st.lists(st.text("ab", min_size=1, max_size=2), max_size=20))
def test_written_captions_keep_their_repeats(lines: list[str]) -> None:
    cues = [(0, 1000, line) for line in lines]
    assert plain_text(vtt_of(cues), rolling=False).splitlines() == lines


def test_what_executes_follows_or_links_is_off(tmp_path: Path) -> None:
    params = Client(settings_in(tmp_path), YOUTUBE).params
    assert not [name for name in OFF if params.get(name)]
    known = parse_options(["--ignore-config"]).ydl_opts
    writes = [name for name in known if name.startswith("write")]
    assert writes
    assert not [name for name in writes if params.get(name)]


def test_no_plugin_of_the_machine_is_loaded(tmp_path: Path) -> None:
    trap, mark = tmp_path / "yt_dlp_plugins" / "extractor", tmp_path / "loaded"
    trap.mkdir(parents=True)
    (trap / "evil.py").write_text(f"open({str(mark)!r}, 'w')\n")
    root = Path(__file__).parents[2]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])}
    base = "from yt_dlp import YoutubeDL; YoutubeDL({'quiet': True})"
    ours = (
        "from pathlib import Path; from downloaders.ytdlp.client import Client; "
        "from downloaders.youtube.downloader import YOUTUBE; "
        "from downloaders.base import FetchSettings; "
        "from rowkeeper.core.settings import Settings; "
        "Client(FetchSettings(settings=Settings(data_dir=Path())), YOUTUBE)"
    )
    for code, loaded in ((ours, False), (base, True)):
        subprocess.run([sys.executable, "-c", code], env=environ, cwd=tmp_path, check=True)
        assert mark.exists() is loaded


def test_cookies_are_read_and_never_written(
    settings: FetchSettings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "cookies.txt"
    text = "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\thush-hush\n"
    path.write_text(text)
    known = changed(settings, cookies_file=path)
    with Client(known, YOUTUBE) as client:
        assert [cookie.value for cookie in client.cookiejar] == ["hush-hush"]
    events: list[AssetEvent] = []
    download_all([request_for("youtube", "video", FILM)], known, events.append, "s1")
    left = [item for item in (settings.data_dir / "files").rglob("*") if item.is_file()]
    assert len(left) == 2
    assert path.read_text() == text
    assert "hush-hush" not in str((events, known, left, caplog.text, *capfd.readouterr()))
    assert not any(b"hush-hush" in item.read_bytes() for item in left)
    with pytest.raises(UsageError):
        Client(changed(settings, cookies_file=tmp_path / "none.txt"), YOUTUBE)


@pytest.mark.parametrize(("today", "warning"), [("2099-01-01", True), ("2020-01-01", False)])
def test_doctor_watches_the_age(today: str, warning: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_today", lambda: date.fromisoformat(today))
    check = doctor._check("yt-dlp", doctor._yt_dlp, None)  # type: ignore[arg-type]
    assert check.ok
    assert check.warning is warning
    assert ("make renew-yt-dlp" in check.words) is warning


def test_each_question_waits_for_its_turn(net: FakeInternet, tmp_path: Path) -> None:
    """But for the media themselves, which other hosts send."""
    waited: list[float] = []
    pace = Throttle({"youtube": Limit(rate=0.01)}, FilePace(tmp_path / "pace"), sleep=waited.append)
    fetch(settings_for(net, tmp_path, throttle=pace), request_for("youtube", "video", FILM))
    asked = [host for _, host, _ in net.requests if "googlevideo" not in host]
    assert len(waited) == len(asked) - 1 > 0


def test_names_that_lead_into_private_networks_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(TransferError) as caught:
        fetch(settings_in(tmp_path), request_for("youtube", "video", FILM))
    assert caught.value.code == "private_address"
