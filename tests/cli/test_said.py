"""What is said where there is nothing to do: never an exit code of 0 without a word."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rowkeeper.archive.rebuild import Rebuilt
from rowkeeper.archive.restore import Filled
from rowkeeper.cli import bag as cli_bag
from rowkeeper.cli import rebuild as cli_rebuild
from rowkeeper.cli import restore as cli_restore
from rowkeeper.cli import run_command
from rowkeeper.core.errors import NothingError, UsageError
from rowkeeper.core.said import json_text
from rowkeeper.core.warehouse import Target

SHEET = "row_id,name,email,type\n1,Ann Ash,ann@example.org,FF\n2,Bob Bay,bob@example.org,MM\n"


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def sheet(tmp_path: Path) -> str:
    (tmp_path / "people.csv").write_text(SHEET, "utf-8")
    return str(tmp_path / "people.csv")


def test_a_run_without_a_source_goes_red(
    engine: Target, sheet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run"]) == UsageError.exit_code
    assert "no sheet and no CSV is named" in capsys.readouterr().err
    assert run_command(["run", "--mode", "basic", "--sheet", sheet]) == 0
    for arguments in (["run", "--people", "98,99"], ["retry", "--people", "77"]):
        capsys.readouterr()
        given = ["--sheet", sheet] if arguments[0] == "run" else []
        assert run_command([*arguments, *given]) == NothingError.exit_code
        assert "nobody of the 2 people" in capsys.readouterr().err
    assert run_command(["run", "--mode", "basic"]) == UsageError.exit_code
    said = capsys.readouterr()
    assert "no sheet and no CSV is named" in said.err
    assert "2 people" in said.out  # all else was done first


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_dbt_built_by_itself_is_published_by_its_first_reader(
    engine: Target, tmp_path: Path, sheet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run", "--mode", "basic", "--sheet", sheet]) == 0
    copy = tmp_path / "data" / "published" / "rowkeeper.duckdb"
    copy.unlink()
    assert run_command(["status", "--json"]) == 0
    assert copy.is_file()
    old = copy.stat().st_mtime_ns
    assert run_command(["status", "--json"]) == 0
    assert copy.stat().st_mtime_ns == old  # nothing newer, nothing published
    assert not list(copy.parent.glob("*.part"))


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_is_made_is_for_its_owner_alone(
    engine: Target, tmp_path: Path, sheet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "private"
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(data))
    assert run_command(["run", "--mode", "basic", "--sheet", sheet]) == 0
    for path in (data, *data.rglob("*")):
        assert not stat.S_IMODE(path.lstat().st_mode) & 0o077 or path.is_symlink(), path


def test_json_for_people_holds_nothing_that_steers_a_terminal() -> None:
    hostile = "a\x1b[2J\x9b\u202e\u200b\x7f\ud800 é 日本 😀"
    text = json_text({"name": hostile})
    assert json.loads(text) == {"name": hostile}
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "é 日本 😀" in text


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_newer_rules_found_is_said_wherever_tables_are_filled(
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = "Read 3 rows again by newer rules: 2 links more, 0 fewer."
    filled = Filled(5, 1, (said,))
    monkeypatch.setattr(cli_restore, "fill_tables", lambda *_: filled)
    monkeypatch.setattr(cli_bag, "fill_tables", lambda *_: filled)
    monkeypatch.setattr(cli_rebuild, "rebuild", lambda _: Rebuilt(filled, None))
    for command in (
        ["rebuild"],
        ["restore", "--to", str(tmp_path / "out")],
        ["export", "bag", "--to", str(tmp_path / "bag")],
    ):
        run_command(command)
        assert said in capsys.readouterr().out, command
