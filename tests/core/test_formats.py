"""Folders of every released format are opened; what a newer version wrote stops each command."""

import json
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.database_format import write_format
from rowkeeper.core.journal.check import check
from rowkeeper.core.journal.formats import FORMATS, bring_forward, check_formats
from rowkeeper.core.journal.journal import journal_dir, read_segment, sealed_segments
from rowkeeper.core.journal.lines import checked
from rowkeeper.core.warehouse import Target, connect
from tests.helpers.kills import dying
from tests.killed_upgrades import GOLDEN, differences, kill, unpacked

RELEASED = sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.tar.gz"))


def events(folder: Path) -> set[str]:
    return {
        event.event_id for path in sealed_segments(folder).values() for event in read_segment(path)
    }


def test_there_is_a_folder_of_each_format_before_this_one() -> None:
    assert {f"format-{number}" for number in range(1, max(FORMATS.values()))} == set(RELEASED)


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_format_is_opened_whole(name: str, engine: Target, tmp_path: Path) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    folder = unpacked(name, tmp_path / "data")
    assert run_command(["rebuild"]) == 0
    assert events(folder) == set(golden["event_ids"])
    assert (check_formats(folder), check(folder)) == (FORMATS, [])
    assert differences(name) == []


@pytest.mark.parametrize("name", RELEASED)
def test_an_upgrade_may_be_killed_anywhere_and_done_again(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = set(json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))["event_ids"])
    for steps in range(0, 200, 9):
        folder = unpacked(name, tmp_path / str(steps))
        calls = iter(range(steps))
        with monkeypatch.context() as patched:
            for call in ("rename", "replace", "unlink"):
                patched.setattr(Path, call, dying(getattr(Path, call), calls))
            try:
                bring_forward(folder)
                ended = True
            except KeyboardInterrupt:
                ended = False
        bring_forward(folder)
        assert events(folder) == wanted
        assert check(folder) == []
        if ended:
            return
    pytest.fail("the upgrade never came to its end")


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_an_upgrade_by_a_process_that_is_killed_changes_nothing(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(tmp_path))
    assert kill(RELEASED[-1], tmp_path / "killed", kills=2, first_s=2.0, step_s=2.5) == 2


@pytest.mark.parametrize("where", ["folder", "database"])
def test_a_newer_version_stops_every_command(
    where: str, engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    if where == "folder":
        journal_dir(data).mkdir()
        (journal_dir(data) / "format.json").write_bytes(
            checked(json.dumps(FORMATS | {"folder": 99}).encode()[:-1])
        )
    else:
        with connect(engine) as warehouse:
            warehouse.execute("create schema raw")
            write_format(warehouse)
            warehouse.execute("update raw.rowkeeper_format set format = 99")
    sheet = tmp_path / "people.csv"
    sheet.write_text("row_id,name,email,type\n1,Ann,ann@example.org,\n", "utf-8")
    before = {path for path in data.rglob("*") if path.name != "run.lock"}
    commands = [["run", "--sheet", str(sheet)], ["rebuild"], ["reconcile"], ["retry"]]
    for command in commands:
        assert run_command(command) == 2, command
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "format 99 and this rowkeeper knows" in said
        assert "upgrade" in said
    after = {path for path in data.rglob("*") if path.name != "run.lock"}
    allowed = {journal_dir(data), *journal_dir(data).rglob("*")} if where == "database" else set()
    assert after - before <= allowed
