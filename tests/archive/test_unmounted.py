"""An archive on a share that isn't mounted, from the command line."""

import shutil
from pathlib import Path

import pytest

from demo.site import SHEET_PAGE, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.helpers.sources import page
from tests.helpers.warehouses import in_order
from uploaders.base import MARKER

STATES = """
select person_row_id, media_id, local_file_path, cloud_storage_url, download_status, upload_status
from {schema}.assets order by person_row_id, media_id"""
LOST = "select path from {schema}.fixity where status = 'lost'"


def below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_nothing_is_written_removed_or_told_as_lost_and_what_was_cut_comes_again(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    data, share = tmp_path / "data", tmp_path / "share"
    monkeypatch.setenv("ROWKEEPER_STORE_URL", (share / "archive").as_uri())
    links = [f"https://drive.google.com/file/d/{file.id}/view" for file in demo.site.files[:3]]
    demo.site.pages[SHEET_PAGE] = page({"1": links[:2]})
    assert run_command(["run"]) == 0, capsys.readouterr().err
    assert (share / "archive" / MARKER).is_file()
    stored, before = below(share), in_order(engine, STATES)

    share.rename(tmp_path / "away")
    share.mkdir()  # the mount point
    monkeypatch.setenv("ROWKEEPER_UPLOAD_KEEP_LOCAL", "0")
    demo.site.pages[SHEET_PAGE] = page({"1": links[:2], "2": links[2:]})
    capsys.readouterr()
    for command in (["run"], ["verify"], ["verify", "--only", "files"]):
        assert run_command(command) == 5
        assert "mount the folder" in capsys.readouterr().err.splitlines()[-1]
    assert run_command(["restore", "--to", str(tmp_path / "back")]) == 5
    assert below(share) == []
    after = in_order(engine, STATES)
    assert after[:2] == before
    assert after[2][4:] == ("downloaded", "pending")
    assert all((data / row[2]).is_file() for row in after)
    assert in_order(engine, LOST) == []

    shutil.rmtree(share)
    (tmp_path / "away").rename(share)
    asked, cut = len(internet.requests), data / after[2][2]
    cut.write_bytes(cut.read_bytes()[:-1])  # the disk took less than it said
    assert run_command(["run"]) == 0, capsys.readouterr().err
    assert len(internet.requests) == asked + 1  # the sheet alone
    assert in_order(engine, STATES)[2][4] == "pending"
    assert run_command(["run"]) == 0, capsys.readouterr().err
    rows = in_order(engine, STATES)
    assert {row[2:] for row in rows} >= {(None, row[3], "uploaded", "uploaded") for row in before}
    assert set(below(share)) > set(stored)
    assert not [path for path in below(data / "files") if ".partial" not in path.parts]
    assert run_command(["verify"]) == 0
