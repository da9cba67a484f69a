"""How long a media file lasts, as ffmpeg reads it."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]

from downloaders.ytdlp.children import NotMediaError, read_as
from rowkeeper.core.child import bare_environment

_DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
SECONDS = 60.0
"""How long ffmpeg may take to read a file's headers."""


def duration_of(path: Path) -> float | None:
    """Seconds; None where the file does not say."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin"]
    try:
        done = subprocess.run(
            [*command, *read_as(path), "-i", f"file:{path}"],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=bare_environment(),
            timeout=SECONDS,
        )
    except (OSError, NotMediaError, subprocess.TimeoutExpired):
        return None
    match = _DURATION.search(done.stderr)
    if match is None:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
