"""A path in an event is not believed: what it names outside is left alone, all else is done."""

import hashlib
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile
from tests.helpers.warehouses import in_order

ASSETS = """
select cast(assets.asset_id as text), person_row_id, provider, assets.media_id, asset_type,
    local_file_path, sha256, file_size_bytes, store, object_key
from {schema}.assets where asset_type = 'drive_file' and local_file_path is not null
order by assets.media_id, person_row_id"""


def tell(data: Path, row: tuple[object, ...], event_type: EventType, **facts: object) -> None:
    asset = dict(zip(("asset_id", "row_id", "provider", "media_id"), row, strict=False))
    with Journal(journal_dir(data)) as journal:
        journal.append(
            AssetEvent(
                event_type=event_type,
                session_id=new_id(),
                **{**asset, "asset_kind": "file", **facts},  # type: ignore[arg-type]
            )
        )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_hostile_paths_of_a_journal_touch_nothing_outside(
    engine: Target,
    files: list[DriveFile],
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    outside.mkdir()
    for name in "abcd":
        (outside / name).write_bytes(f"a stranger's {name}".encode())
    before = contents(outside)
    assert run_command(["run"]) == 0
    rows = in_order(engine, ASSETS)
    facts = {
        name: {"sha256": hashlib.sha256(body).hexdigest(), "size_bytes": len(body)}
        for name, body in before.items()
    }
    healed, taken, dropped, absolute = rows[1], rows[2], rows[3], rows[4]
    whole = {"sha256": healed[6], "size_bytes": healed[7]}
    place = {"attempt": 2, "local_path": "../outside/a"}
    tell(data, healed, EventType.DOWNLOADED, **place, **whole)
    tell(
        data,
        healed,
        EventType.FILE_LOST,
        **place,
        error_code="file_changed",
        error_message="x",
        details={"check": 1},
    )
    tell(
        data,
        taken,
        EventType.DOWNLOADED,
        attempt=2,
        local_path="files/../../outside/b",
        **facts["b"],
    )
    tell(
        data,
        dropped,
        EventType.DOWNLOADED,
        attempt=2,
        local_path=dropped[5],
        sha256=dropped[6],
        size_bytes=dropped[7],
        details={"text_path": "../outside/c"},
    )
    tell(
        data,
        absolute,
        EventType.DOWNLOADED,
        attempt=2,
        local_path=str(outside / "d"),
        **facts["d"],
    )
    capsys.readouterr()
    codes = {}
    for command in (["run"], ["verify"], ["restore", "--to", str(tmp_path / "back")]):
        codes[command[0]] = run_command(command)
    codes["bag"] = run_command(["export", "bag", "--to", str(tmp_path / "bag")])
    monkeypatch.setenv("ROWKEEPER_UPLOAD_KEEP_LOCAL", "0")
    codes["drop"] = run_command(["run"])
    said = "".join(capsys.readouterr())
    assert contents(outside) == before
    assert 1 not in codes.values()
    assert "Traceback" not in said
    for row in (healed, taken, absolute):
        assert str(row[0]) in said or str(row[3]) in said
    kept = {path.read_bytes() for path in (data / "archive").rglob("*") if path.is_file()}
    assert kept.isdisjoint(before.values())
    brought = {path.read_bytes() for path in (tmp_path / "back").rglob("*") if path.is_file()}
    assert {file.body for file in files} <= brought
