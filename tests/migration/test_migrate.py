"""``rowkeeper migrate``: the whole move in its phases, and back; what the old system left."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from demo.site import Demo
from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.fakes.internet import FakeInternet


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_files_of_the_old_system_are_adopted_once(
    engine: Target, demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = {
        "sheet.source": str(tmp_path / "sources" / "sheet.html"),
        "legacy_csv.paths": [str(demo.legacy_csv)],
    }
    context = Context(load_settings(flags), engine)
    ingest(context.settings, engine)
    build(context)
    with connect(engine) as warehouse:
        asset_id, media_id = warehouse.query(
            "select asset_id, media_id from main.pending_downloads "
            "where asset_type = 'youtube_video' order by asset_id limit 1"
        )[0]
    old = tmp_path / "youtube_downloads"
    old.mkdir()
    (old / f"{media_id}.mp4").write_bytes(b"film" * 1000)
    (old / "unknown.mp4").write_bytes(b"film")
    (old / "half.mp4.part").write_bytes(b"half")

    assert run_command(["migrate", "adopt", str(old)]) == 0
    said = capsys.readouterr().out
    assert "1 adopted, 2 left where they are." in said
    assert "unfinished (.part)" in said
    with connect(engine) as warehouse:
        ((status, sha256, path, upload),) = warehouse.query(
            "select download_status, sha256, local_file_path, upload_status from main.assets "
            "where asset_id = ?",
            [asset_id],
        )
    assert (status, upload) == ("downloaded", "pending")
    assert sha256 == hashlib.sha256(b"film" * 1000).hexdigest()
    assert (context.settings.data_dir / path).read_bytes() == b"film" * 1000

    assert run_command(["migrate", "adopt", str(old)]) == 0
    assert "0 adopted, 3 left where they are." in capsys.readouterr().out
    assert run_command(["migrate", "adopt", str(tmp_path / "nowhere")]) == 3


def phases(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run_command(["migrate", "status", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    blockers = {phase["name"]: " ".join(phase["blockers"]) for phase in answer["phases"]}
    return {"now": answer["phase"], **blockers}


@pytest.mark.fresh
@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_whole_move_and_back(
    demo: Demo,
    internet: FakeInternet,
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["migrate", "status"]) == 4  # nothing is loaded yet
    assert run_command(["run"]) == 0
    by_phase = phases(capsys)
    assert (by_phase["now"], by_phase["foundation"]) == ("dual-write", "")
    assert "set legacy_csv.dual_write" in by_phase["dual-write"]
    assert "never checked" in by_phase["cloud"]
    assert "rowkeeper migrate archive" in by_phase["deprecation"]

    written = tmp_path / "beside" / "old system.csv"
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_DUAL_WRITE", "1")
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_DUAL_WRITE_PATH", str(written))
    assert "not there yet" in phases(capsys)["dual-write"]
    assert run_command(["run"]) == 0
    assert f"legacy CSV: {written}" in capsys.readouterr().out
    assert phases(capsys)["dual-write"] == ""
    kept = written.read_bytes()
    rows = list(csv.DictReader(kept.decode("utf-8").splitlines(keepends=True)))
    completed = [row for row in rows if "completed" in (row["youtube_status"], row["drive_status"])]
    assert completed
    assert all(json.loads(row["s3_paths"]) for row in completed)
    written.write_bytes(kept + b"999,Somebody\n")
    assert "nobody else may write it" in phases(capsys)["dual-write"]
    assert run_command(["run"]) == 13
    assert "1 rows would go (rows 999, of old system.csv)" in capsys.readouterr().err
    assert written.read_bytes() == kept + b"999,Somebody\n"
    written.write_bytes(kept)

    assert run_command(["migrate", "archive"]) == 0
    assert "Archived: manifest.json file://" in capsys.readouterr().out
    manifest = next((tmp_path / "data" / "archive" / "legacy").glob("manifest-*.json"))
    for file in json.loads(manifest.read_text("utf-8"))["files"]:
        data = (tmp_path / "data" / "archive" / file["key"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert data == demo.legacy_csv.read_bytes()
    assert run_command(["migrate", "archive"]) == 0
    assert "Archived:" not in capsys.readouterr().out
    assert "still written" in phases(capsys)["deprecation"]
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_DUAL_WRITE", "0")
    assert phases(capsys)["dual-write"] == phases(capsys)["deprecation"] == ""
    demo.legacy_csv.write_bytes(demo.legacy_csv.read_bytes() + b"\n")
    by_phase = phases(capsys)
    assert by_phase["now"] == "foundation"
    assert "has changed since" in by_phase["foundation"]
    assert "stop the old system" in by_phase["deprecation"]

    back = tmp_path / "old" / "output.csv"
    assert run_command(["migrate", "rollback", str(back)]) == 0
    said = capsys.readouterr().out
    assert "The CSV can't express hashes, sizes, attempts and sessions" in said
    assert back.read_bytes() == kept
    smaller = ["migrate", "rollback", "--generation", "5", str(back)]
    assert run_command(smaller) == 13
    assert "filled cells of file_uuids would become empty" in capsys.readouterr().err
    assert back.read_bytes() == kept
    assert run_command([*smaller, "--accept-losses"]) == 0
    assert "what the columns extracted_links, youtube_playlist" in capsys.readouterr().out
    assert [path.read_bytes() for path in back.parent.glob("output.2*.csv")] == [kept]
