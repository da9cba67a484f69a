"""Tiny real media, made by ffmpeg on the spot."""

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg  # type: ignore[import-untyped]

from tests.fakes.site import Stream

VIDEO = ["-f", "lavfi", "-i", "testsrc=size={width}x{height}:rate=10:duration={seconds}"]
AUDIO = ["-f", "lavfi", "-i", "sine=frequency={tone}:duration={seconds}"]
AVC = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "64k"]


@cache
def picture(height: int = 144, seconds: int = 1) -> bytes:
    """A silent H.264 MP4."""
    return _ffmpeg("out.mp4", [*VIDEO, *AVC, "-an"], height=height, seconds=seconds)


@cache
def sound(tone: int = 440, seconds: int = 1) -> bytes:
    """An AAC sine tone in an M4A; ``tone`` in hertz."""
    return _ffmpeg("out.m4a", [*AUDIO, *AAC], tone=tone, seconds=seconds)


@cache
def film(height: int = 144, tone: int = 440, seconds: int = 1) -> bytes:
    """An MP4 with sound and picture."""
    options = [*VIDEO, *AUDIO, *AVC, *AAC, "-shortest"]
    return _ffmpeg("out.mp4", options, height=height, tone=tone, seconds=seconds)


def adaptive(height: int = 144, tone: int = 440, seconds: int = 1) -> tuple[Stream, ...]:
    """Sound and picture apart: the client has to merge them."""
    body = picture(height, seconds)
    return (
        Stream(160, 'video/mp4; codecs="avc1.4d400c"', body, height),
        Stream(140, 'audio/mp4; codecs="mp4a.40.2"', sound(tone, seconds)),
    )


def progressive(height: int = 144, tone: int = 440, seconds: int = 1) -> tuple[Stream, ...]:
    """Sound and picture in one."""
    kind = 'video/mp4; codecs="avc1.42001E, mp4a.40.2"'
    return (Stream(18, kind, film(height, tone, seconds), height, progressive=True),)


@cache
def webm(height: int = 144) -> bytes:
    """A silent VP8 WebM."""
    options = [*VIDEO, "-c:v", "libvpx", "-an"]
    return _ffmpeg("out.webm", options, height=height, seconds=1)


def only_webm(height: int = 144) -> tuple[Stream, ...]:
    """A video that no MP4 is offered of."""
    return (Stream(43, 'video/webm; codecs="vp8.0, vorbis"', webm(height), height, True),)


def _ffmpeg(name: str, options: list[str], **values: int) -> bytes:
    values.setdefault("width", values.get("height", 0) * 16 // 9 // 2 * 2)
    filled = [option.format(**values) for option in options]
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        exact = ["-fflags", "+bitexact", "-flags", "+bitexact", "-map_metadata", "-1"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *filled, *exact, str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path.read_bytes()
