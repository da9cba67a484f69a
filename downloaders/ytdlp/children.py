"""The programs that yt-dlp starts: what they are told, and what they may read.

ffmpeg reads whatever a list names, files of this machine and addresses that no guard saw, and it
takes text for a list whatever its name. So it only ever puts together parts that are on the disk,
are media by their first bytes and are named to it as such. It never downloads.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from yt_dlp.downloader import external  # type: ignore[import-untyped]
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor  # type: ignore[import-untyped]
from yt_dlp.utils import DownloadError, PostProcessingError  # type: ignore[import-untyped]
from yt_dlp.utils._utils import Popen  # type: ignore[import-untyped]

from rowkeeper.core.child import bare_environment
from rowkeeper.core.net.sniff import HEAD, kind_of

DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/x-m4v": "mov",
    "video/3gpp": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/mp2t": "mpegts",
    "video/x-flv": "flv",
    "video/x-msvideo": "avi",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/x-wav": "wav",
    "audio/x-flac": "flac",
}
"""Media type -> what ffmpeg has to read it as. None of them opens another file."""


NATIVE = frozenset({None, "http", "https", "m3u8", "m3u8_native", "http_dash_segments"})
"""The protocols for which yt-dlp starts no other program."""


class FfmpegWantedError(DownloadError):  # type: ignore[misc]
    """Only ffmpeg could download it, and ffmpeg asks for whatever a list names."""


class NotMediaError(PostProcessingError):  # type: ignore[misc]
    """A part of a video is no media, and ffmpeg is not given it."""


def hold() -> None:
    """Hold whatever yt-dlp starts in this process to these rules; again is no error."""
    external.ExternalFD._call_downloader = _refused
    external.FFmpegFD._call_downloader = _refused
    Popen.__init__ = _begun


def check_parts(paths: Iterable[Path]) -> dict[str, list[str]]:
    """The arguments with which ffmpeg reads ``paths``, by yt-dlp's keys for its inputs.

    Raises ``NotMediaError`` unless each is media by its first bytes.
    """
    formats = {}
    for number, path in enumerate(paths, 1):
        formats[f"ffmpeg_i{number}"] = read_as(path)
    return formats


def read_as(path: Path) -> list[str]:
    """The arguments with which ffmpeg reads ``path`` as what it is and asks for nothing else.

    Raises ``NotMediaError`` unless it is media by its first bytes.
    """
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD))
    if (demuxer := DEMUXERS.get(kind or "")) is None:
        words = f"A part of it is no media, but {kind or 'something else'}: it is not merged."
        raise NotMediaError(words)
    return ["-protocol_whitelist", "file", "-f", demuxer]


def check_protocols(formats: Iterable[Mapping[str, Any]]) -> None:
    """Raise ``FfmpegWantedError`` unless yt-dlp itself fetches all ``formats``."""
    if any(item.get("protocol") not in NATIVE for item in formats):
        _refused()


def inputs_of(processor: Any, info: Mapping[str, Any]) -> list[Path] | None:
    """The files that a post-processor reads; None for one that starts no ffmpeg."""
    if not isinstance(processor, FFmpegPostProcessor):
        return None
    merged = info.get("__files_to_merge") if processor.pp_key() == "Merger" else None
    return [Path(path) for path in merged or [info.get("filepath") or ""] if path]


def _refused(*_: Any, **__: Any) -> int:
    raise FfmpegWantedError("Only another program could fetch it, past the guard of addresses.")


_usual = Popen.__init__


def _begun(self: Any, args: Any, *rest: Any, env: Any = None, **options: Any) -> None:
    _usual(self, args, *rest, env=bare_environment(env), **options)
