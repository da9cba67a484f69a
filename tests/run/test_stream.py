"""Archives without local files: straight through, and what is dropped once it is archived."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.site import SHEET_PAGE, Demo
from downloaders.pool import DownloadSummary
from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run.round import Moved
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile
from tests.helpers.kills import KILL
from tests.helpers.sources import page
from uploaders.pool import UploadSummary

STATES = """
select media_id, asset_type, person_row_id, local_file_path, object_key, download_status,
    upload_status, sha256
from {schema}.assets where provider = 'drive' order by 1, 2, 3
"""


@pytest.fixture
def files(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> list[DriveFile]:
    """Five files of one person; the first two have the same bytes, the last is a page."""
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    bodies = [b"same\n" * 9000, b"same\n" * 9000, b"third", b"x" * (3 << 20)]
    made = [
        DriveFile(f"1File{number}" + "x" * 24, f"{number}.txt", body, "text/plain", big=number == 3)
        for number, body in enumerate(bodies)
    ]
    made.append(DriveFile("1Page" + "x" * 25, "film.mp4", b"<!DOCTYPE html><html>", "video/mp4"))
    demo.site.files[:] = made
    demo.site.pages[SHEET_PAGE] = page({"1": links(made)})
    return made


def links(files: list[DriveFile]) -> list[str]:
    return [f"https://drive.google.com/file/d/{file.id}/view" for file in files]


def states(target: Target) -> dict[tuple[str, str], tuple[Any, ...]]:
    with connect(target) as warehouse:
        rows = warehouse.query(STATES.format(schema=target.schema))
    return {(row[0], row[2]): tuple(row[3:]) for row in rows}


def media(folder: Path) -> list[Path]:
    """What lies there of files, sidecars and work."""
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def killed(module: str, attribute: str, times: int, *arguments: str) -> None:
    command = [sys.executable, "-c", KILL, module, attribute, str(times), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr


def test_what_went_straight_into_a_store_counts_though_it_refuses_the_rest() -> None:
    def archived(straight: int, later: UploadSummary | None) -> int | None:
        return Moved(0, DownloadSummary(archived=straight), later, 0, [], None).archived

    assert archived(3, UploadSummary(uploaded=2)) == 5
    assert archived(0, UploadSummary()) == 0
    assert archived(3, None) == 3
    assert archived(0, None) is None


def test_straight_through(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    files: list[DriveFile],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    data, archive = tmp_path / "data", tmp_path / "data" / "archive"
    killed("uploaders.outcomes", "uploaded_event", 2, "run", "--stream")
    made = [path for path in archive.rglob("*.*") if path.is_file() and path.suffix != ".part"]
    assert made  # of the first, whose event was lost
    asked = len(internet.requests)
    capsys.readouterr()
    assert run_command(["run", "--stream"]) == 0, capsys.readouterr().err
    assert re.search(r" Archived [34], 0 failed\.", capsys.readouterr().out)
    again = [path for *_, path in internet.requests[asked:]]
    assert all(path.exists() for path in made)
    assert len(again) <= 1 + len(files)  # the sheet, a form of Drive; the first is not asked for
    state = states(engine)
    whole = [state[file.id, "1"] for file in files[:4]]
    assert [row[0] for row in whole] == [None] * 4
    assert {row[2:4] for row in whole} == {("uploaded", "uploaded")}
    assert whole[0][1] == whole[1][1]  # one content is one object
    for file, row in zip(files, whole, strict=False):
        assert (archive / row[1]).read_bytes() == file.body
    assert state[files[4].id, "1"][2] == "failed"  # a page is no film
    objects = {path.relative_to(archive).as_posix() for path in archive.rglob("*.*")}
    assert objects == {row[1] for row in whole}
    assert media(data) == []

    asked = len(internet.requests)
    demo.site.pages[SHEET_PAGE] = page({"1": links(files), "2": links(files[2:3])})
    assert run_command(["run", "--stream"]) == 0, capsys.readouterr().err
    assert len(internet.requests) == asked + 1  # the sheet alone
    assert states(engine)[files[2].id, "2"] == whole[2]
    capsys.readouterr()
    assert run_command(["verify", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["report"]["places"], report["orphans"]) == ({"file": 0, "object": 3}, [])

    (archive / whole[2][1]).unlink()
    assert run_command(["verify"]) == 11
    assert run_command(["run", "--stream"]) == 0, capsys.readouterr().err
    assert states(engine)[files[2].id, "1"] == whole[2]
    assert (archive / whole[2][1]).read_bytes() == files[2].body
