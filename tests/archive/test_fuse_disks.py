"""The table of docs/disks.md on real mounts, where the machine has FUSE."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rowkeeper.core.errors import DiskError
from rowkeeper.core.files import write_whole
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.workspace.locks import run_lock
from tests.helpers.archives import context_at
from tests.helpers.disk_uses import BODIES, OLD, USES, Claims, csv_beside
from tests.helpers.mounts import HABITS, mounted, needs_fuse, unmount

pytestmark = needs_fuse


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("name", HABITS)
def test_a_mount_holds_what_is_claimed(
    name: str, use: Callable[[Path, Claims], None], tmp_path: Path
) -> None:
    claims: Claims = []
    with mounted(tmp_path, *HABITS[name]) as place:
        (place / "legacy").mkdir()
        (place / "legacy" / "output.csv").write_bytes(OLD)
        use(place, claims)
        for path, body in claims:
            assert path.read_bytes() == body
    assert len(claims) == (2 if use is csv_beside else len(BODIES))


def write_beneath(place: Path) -> None:
    unmount(place)
    write_whole(place / "published" / "x", b"x")


def test_a_data_folder_that_is_unmounted_in_mid_run(tmp_path: Path) -> None:
    with mounted(tmp_path) as place:
        context = context_at(tmp_path, data_dir=str(place))
        own_id = folder_id(place)
        with pytest.raises(DiskError, match="went away"), run_lock(context):
            write_beneath(place)
        assert list(place.iterdir()) == []
    assert folder_id(tmp_path / "backing") == own_id
