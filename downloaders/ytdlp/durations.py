"""How long a media file lasts, as ffmpeg reads it."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]

_DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
SECONDS = 60.0
"""How long ffmpeg may take to read a file's headers."""


def duration_of(path: Path) -> float | None:
    """Seconds; None where the file does not say."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist"]
    try:
        done = subprocess.run(
            [*command, "file", "-i", f"file:{path}"],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _DURATION.search(done.stderr)
    if found is None:
        return None
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
