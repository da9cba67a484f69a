"""The table of docs/disks.md: disks that people have, by what is kept on them.

Each pair ends with everything right or with a refusal in words; no claim is false either way.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.errors import RowkeeperError
from tests.fakes.disk import FaultyDisk
from tests.helpers.disk_uses import BODIES, OLD, USES, Claims, csv_beside

DISKS: dict[str, dict[str, Any]] = {
    "as on Linux": {},
    "folds case": {"folds": True},
    "decomposes accents": {"decomposes": True},
    "exFAT": {"folds": True, "fails": dict.fromkeys(("link", "chmod"), errno.EPERM)},
    "no locks": {"fails": dict.fromkeys(("flock", "lockf"), errno.ENOLCK)},
    "no sync of folders": {"fails": {"sync_folder": errno.EINVAL}},
    "no times and rights": {"fails": dict.fromkeys(("utime", "chmod"), errno.EPERM)},
    "short writes": {"at_most": 7},
    "no large files": {"largest": 100},
    "full": {"fails": {"write": errno.ENOSPC}},
    "read-only": {"fails": {"change": errno.EROFS}},
    "gone": {"fails": {"change": errno.ESTALE, "write": errno.ESTALE}},
}
GOES_ON = set(DISKS) - {"no large files", "full", "read-only", "gone"}
"""Disks on which everything has to work."""


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("name", DISKS)
def test_a_disk_holds_what_is_claimed_or_refuses(
    name: str, use: Callable[[Path, Claims], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, claims = tmp_path / "disk", list[tuple[Path, bytes]]()
    (place / "legacy").mkdir(parents=True)
    (place / "legacy" / "output.csv").write_bytes(OLD)
    before = {"fails": {}, "largest": None, "at_most": None} | DISKS[name]
    refusal: RowkeeperError | None = None
    disk = FaultyDisk(place, **before).install(monkeypatch)
    try:
        use(place, claims)
    except RowkeeperError as error:
        refusal = error
    except OSError as error:  # what the command line has a sentence for
        refusal = disk_error(error)
        if refusal is None:
            raise
    disk.fails, disk.largest, disk.at_most = {}, None, None
    for path, body in claims:
        assert path.read_bytes() == body
    if name in GOES_ON:
        assert refusal is None
        assert len(claims) == (2 if use is csv_beside else len(BODIES))
    elif name in ("read-only", "gone"):
        assert refusal is not None
        assert claims == []
    if refusal is not None and use is csv_beside:
        assert (place / "legacy" / "output.csv").read_bytes() == OLD
