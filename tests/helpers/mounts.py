"""Real mounts with the habits of other people's disks, where the machine has FUSE."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path

import pytest

needs_fuse = pytest.mark.skipif(
    not ((find_library("fuse") or find_library("fuse3")) and Path("/dev/fuse").exists()),
    reason="no FUSE here, neither libfuse nor /dev/fuse can be installed by pip: see docs/disks.md",
)
SCRIPT = Path(__file__).parents[1] / "fakes" / "fuse_disk.py"
HABITS = {
    "exFAT": ("folds", "no_links", "no_rights"),
    "of a Mac": ("folds", "decomposes"),
    "a share": ("no_locks", "no_sync", "no_links"),
    "a quota": ("short",),
}


@contextmanager
def mounted(folder: Path, *habits: str) -> Iterator[Path]:
    """A disk of these habits; its files are in ``folder / "backing"``."""
    backing, mount = folder / "backing", folder / "disk"
    backing.mkdir(exist_ok=True)
    mount.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), str(backing), str(mount), *habits]
    with subprocess.Popen(command) as process:
        try:
            for _ in range(200):
                if mount.is_mount():
                    break
                assert process.poll() is None
                time.sleep(0.05)
            yield mount
        finally:
            unmount(mount)
            process.kill()


def unmount(mount: Path) -> None:
    """As when a cable is pulled: what is open stays so."""
    subprocess.run(["umount", "-l", str(mount)], check=False, capture_output=True)


def fault(mount: Path, number: int, part: str = "") -> None:
    """From now on the disk answers with this error number where a path has ``part`` in it, or is
    well again with 0."""
    (mount.parent / "backing.fault").write_text(f"{number} {part}".strip())
