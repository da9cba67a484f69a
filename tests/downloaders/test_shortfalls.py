"""A video of which less came than there is, though nothing failed, is kept and not final."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import imageio_ffmpeg  # type: ignore[import-untyped]
import pytest

from downloaders.base import FetchSettings
from downloaders.ytdlp.shortfalls import cut_short, withheld
from tests.fakes import media, youtube
from tests.fakes.clients import fetch, request_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Stream, Video

ID = "shortened__"
SKIPPED = "[youtube] x: Some web client https formats have been skipped as they are missing a URL."
PICTURE, SOUND = {"vcodec": "avc1", "acodec": "none"}, {"vcodec": "none", "acodec": "mp4a"}
BOTH = {"vcodec": "avc1", "acodec": "mp4a"}


@contextmanager
def formats(monkeypatch: pytest.MonkeyPatch, change: Any) -> Iterator[None]:
    usual = youtube._format
    with monkeypatch.context() as patched:
        patched.setattr(
            youtube, "_format", lambda video, stream: change(usual(video, stream), stream)
        )
        yield


def because(settings: FetchSettings) -> str | None:
    fetched = fetch(settings, request_for("youtube", "video", ID))
    assert fetched.details.get("provisional", False) is ("provisional_because" in fetched.details)
    return fetched.details.get("provisional_because")


@pytest.mark.parametrize(
    ("gone", "words"), [((160,), "picture"), ((140,), "sound"), ((160, 140), "simplest"), ((), "")]
)
def test_withheld_formats_are_told(
    net: FakeInternet,
    settings: FetchSettings,
    monkeypatch: pytest.MonkeyPatch,
    gone: tuple[int, ...],
    words: str,
) -> None:
    """YouTube gives some clients no address of a format, and yt-dlp takes what is left."""
    streams = (*media.adaptive(), *(media.progressive() if len(gone) != 1 else ()))
    net.site.videos.append(Video(ID, streams=streams))

    def change(told: dict[str, Any], stream: Stream) -> dict[str, Any]:
        return {key: told[key] for key in told if key != "url" or stream.itag not in gone}

    with formats(monkeypatch, change):
        told = because(settings)
    assert (told is None) if not words else (told is not None and words in told)


def test_a_mute_video_is_final(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.videos.append(Video(ID, streams=media.adaptive()[:1]))
    assert because(settings) is None


def test_fewer_bytes_than_stated_are_told(
    net: FakeInternet, settings: FetchSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The head of the file says how long all of it lasts."""
    (tmp_path / "film.mp4").write_bytes(media.film(seconds=8))
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(tmp_path / "film.mp4")]
    begun = tmp_path / "begun.mp4"
    subprocess.run([*ffmpeg, "-c", "copy", "-movflags", "+faststart", str(begun)], check=True)
    whole = begun.read_bytes()
    (stream,) = media.progressive()
    half = replace(stream, body=whole[: len(whole) // 2])
    net.site.videos.append(Video(ID, streams=(half,), duration_s=8))
    stated = {"contentLength": str(len(whole))}
    with formats(monkeypatch, lambda told, _: told | stated):
        words = f"It has {len(half.body):,} of {len(whole):,} bytes that YouTube states."
        assert because(settings) == words
    net.site.videos[:] = [Video(ID, streams=(replace(stream, body=whole),), duration_s=8)]
    assert because(settings) is None


@pytest.mark.parametrize(
    ("offered", "messages", "words"),
    [
        ([BOTH], [SKIPPED], "what came is the simplest of them"),
        ([BOTH], ["web client https formats require a GVS PO Token. They will be skipped"], "what"),
        ([BOTH], ["n challenge solving failed: Some formats may be missing."], "what"),
        ([BOTH], [], None),
        ([BOTH], ["Unable to download webpage"], None),
        ([BOTH | {"protocol": "m3u8_native"}], [SKIPPED], None),
        ([PICTURE, SOUND], [SKIPPED], None),
        ([PICTURE], [SKIPPED], "what came has no sound"),
        ([SOUND], [SKIPPED], "what came has no picture"),
        ([], [SKIPPED], None),
        ([{}], [SKIPPED], "what came is the simplest of them"),
    ],
)
def test_what_is_lacking(
    offered: list[dict[str, Any]], messages: list[str], words: str | None
) -> None:
    found = withheld({"formats": offered}, messages)
    assert (found or "").startswith(words) if words else found is None


def test_each_part_is_held_to_its_own_size() -> None:
    parts = [{"format_id": "1", "filesize": 10}, {"format_id": "2", "filesize": 20}]
    info = {"requested_formats": parts}
    assert cut_short(info, {"1": 10, "2": 20}) is None
    assert cut_short(info, {"1": 10, "2": 19}) == "19 of 20 bytes"
    assert cut_short({"format_id": "1", "filesize": 10}, {"1": 9}) == "9 of 10 bytes"
    assert cut_short({"format_id": "1"}, {"1": 9}) is None
    assert cut_short(info, {}) is None
