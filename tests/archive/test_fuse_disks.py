"""The table of docs/disks.md on real mounts, where the machine has FUSE."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path

import pytest

from rowkeeper.core.errors import DiskError
from rowkeeper.core.files import write_whole
from rowkeeper.core.paths import folder_id
from rowkeeper.workspace.locks import run_lock
from tests.archive.test_disks import BODIES, OLD, USES, Claims, csv_beside
from tests.helpers.archives import context_at

pytestmark = pytest.mark.skipif(
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
    backing.mkdir()
    mount.mkdir()
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


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("name", HABITS)
def test_a_mount_holds_what_is_claimed(
    name: str, use: Callable[[Path, Claims], None], tmp_path: Path
) -> None:
    told: Claims = []
    with mounted(tmp_path, *HABITS[name]) as place:
        (place / "legacy").mkdir()
        (place / "legacy" / "output.csv").write_bytes(OLD)
        use(place, told)
        for path, body in told:
            assert path.read_bytes() == body
    assert len(told) == (2 if use is csv_beside else len(BODIES))


def write_beneath(place: Path) -> None:
    unmount(place)
    write_whole(place / "published" / "x", b"x")


def test_a_data_folder_that_is_unmounted_in_mid_run(tmp_path: Path) -> None:
    with mounted(tmp_path) as place:
        context = context_at(tmp_path, data_dir=str(place))
        found = folder_id(place)
        with pytest.raises(DiskError, match="went away"), run_lock(context):
            write_beneath(place)
        assert list(place.iterdir()) == []
    assert folder_id(tmp_path / "backing") == found
