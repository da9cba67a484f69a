"""``rowkeeper migrate adopt``: what the old system left becomes downloaded, verified and once."""

import hashlib
from pathlib import Path

import pytest

from demo.site import Demo
from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.cli.build import build
from rowkeeper.cli.options import Context
from rowkeeper.settings import load_settings
from rowkeeper.warehouse import Target, connect


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
            "where asset_type = 'video' order by asset_id limit 1"
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
    assert (status, upload) == ("completed", "pending")
    assert sha256 == hashlib.sha256(b"film" * 1000).hexdigest()
    assert (context.settings.data_dir / path).read_bytes() == b"film" * 1000

    assert run_command(["migrate", "adopt", str(old)]) == 0
    assert "0 adopted, 3 left where they are." in capsys.readouterr().out
    assert run_command(["migrate", "adopt", str(tmp_path / "nowhere")]) == 3
