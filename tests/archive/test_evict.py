"""``upload.keep_local = false``: files go when the archive has them, and are not missed."""

import subprocess
import sys
from pathlib import Path

import pytest

from demo.site import SHEET_PAGE, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.helpers.kills import KILL
from tests.helpers.sources import page
from tests.helpers.warehouses import in_order

STATES = """
select person_row_id, asset_type, local_file_path, download_status, upload_status, sha256
from {schema}.assets order by person_row_id, asset_type, media_id"""


def kept(data: Path) -> list[Path]:
    return [
        path
        for path in (data / "files").rglob("*")
        if path.is_file() and ".partial" not in path.parts and "damaged" not in path.parts
    ]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_files_go_when_the_archive_has_them(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    monkeypatch.setenv("ROWKEEPER_UPLOAD_KEEP_LOCAL", "0")
    data = tmp_path / "data"
    file, document = demo.site.files[0].id, demo.site.documents[0].id
    links = [
        f"https://drive.google.com/file/d/{file}/view",
        f"https://docs.google.com/document/d/{document}/edit",
    ]
    demo.site.pages[SHEET_PAGE] = page({"1": links, "2": links[:1]})
    arguments = ["rowkeeper.archive.evict", "remove_file", "2", "run"]
    killed = subprocess.run([sys.executable, "-c", KILL, *arguments], check=False)
    assert killed.returncode == -9
    assert kept(data)

    asked = len(internet.requests)
    demo.site.pages[SHEET_PAGE] = page({"1": links, "2": links[:1], "3": links})
    assert run_command(["run"]) == 0
    assert kept(data) == []
    assert len(internet.requests) == asked + 1  # the sheet alone: what is archived is referred to
    states = in_order(engine, STATES)
    assert {row[2:5] for row in states} == {(None, "uploaded", "uploaded")}
    first = [row[1:] for row in states if row[0] == "1"]
    assert first == [row[1:] for row in states if row[0] == "3"]
    texts = in_order(engine, "select text from {schema}.documents")
    assert len(texts) == 2
    assert texts[0] == texts[1]

    assert run_command(["restore", "--to", str(tmp_path / "back")]) == 0
    brought = [path for path in kept(tmp_path / "back") if path.name != "restored.csv"]
    assert len(brought) == len({row[5] for row in states})

    next(path for path in (data / "archive").rglob("*") if path.is_file()).unlink()
    assert run_command(["verify"]) == 11
    lost = in_order(engine, "select place from {schema}.fixity where status = 'lost'")
    assert {row[0] for row in lost} == {"object"}  # no file is missed
    assert run_command(["run"]) == 0
    assert len(internet.requests) > asked + 2
    assert {row[2:5] for row in in_order(engine, STATES)} == {(None, "uploaded", "uploaded")}
    assert kept(data) == []
