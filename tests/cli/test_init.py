"""``rowkeeper init``: from another team's sheet to a config that loads, in a folder of its own."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.journal.folder_id import known_id
from rowkeeper.core.project import CHECKOUT, config_path
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.data_folder import REMEMBERED
from rowkeeper.workspace.first_config import toml, toml_key
from tests.helpers.sources import FORM, NO_IDS

HOSTILE = 'Na"me\\\x1b[2J\u202e\n[rowkeeper.store]\nurl = "s3://evil"'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of a team, in which commands are called."""
    for name in list(os.environ):
        if name.startswith(("ROWKEEPER_", "DLT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ROWKEEPER_PROJECT", "")  # set by --project, so put back after it
    folder = tmp_path / "team"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_config_is_written_that_the_next_command_finds(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "answers.csv").write_text(FORM, "utf-8")
    assert run_command(["init", "--sheet", "answers.csv"]) == 0
    said = capsys.readouterr().out
    assert "2 people" in said
    assert "Row ids are made of email." in said
    assert "drive file" in said
    settings = load_settings({}, {})
    assert settings.sheet.source == str(place / "answers.csv")
    assert settings.sheet.row_id == ["email"]
    assert settings.sheet.columns == {"type": ["What is your Jungian type?"]}
    assert settings.data_dir == place / "data"
    written = config_path(place)
    assert written.stat().st_mode & 0o077 == 0
    before = written.read_bytes()
    assert run_command(["init", "--sheet", "answers.csv"]) == 2
    assert "stays as it is" in capsys.readouterr().err
    assert written.read_bytes() == before


def test_flags_answer_and_facts_come_as_json(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    other = place / "other"
    other.mkdir()
    words = ["--project", str(other), "init", "--sheet", "sheet.csv", "--json"]
    assert run_command([*words, "--column", "name=Who", "--row-id", "name"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["columns"] == {"name": ["Who"]}
    assert facts["guessed"] == []
    assert facts["written"] == str(config_path(other))
    config = tomllib.loads(config_path(other).read_text("utf-8"))["rowkeeper"]
    assert config["sheet"]["row_id"] == "name"
    assert "hosts" not in config["download"]
    assert '# hosts = ["media.example.org"]' in config_path(other).read_text("utf-8")


def test_a_dry_run_prints_the_config_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    assert run_command(["init", "--sheet", "sheet.csv", "--dry-run"]) == 0
    printed = tomllib.loads(capsys.readouterr().out)
    assert printed["rowkeeper"]["sheet"]["columns"] == {"name": "Who"}
    assert [path.name for path in place.iterdir()] == ["sheet.csv"]


def test_the_config_names_the_data_folder_so_that_none_grows_in_its_place(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the user's own state is gone; a config that is made anew names the same one."""
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    assert run_command(["init", "--sheet", "sheet.csv"]) == 0
    own_id = known_id(place / "data")
    assert own_id
    assert load_settings({}, {}).disk.folder_id == own_id
    assert run_command(["status"]) in (0, 4)  # it is the right one, and nothing was run yet
    written = config_path(place).read_bytes()
    config_path(place).unlink()
    assert run_command(["init", "--sheet", "sheet.csv", "--dry-run"]) == 0
    assert f'folder_id = "{own_id}"' in capsys.readouterr().out
    assert run_command(["init", "--sheet", "sheet.csv"]) == 0
    assert config_path(place).read_bytes() == written
    (place / "data").rename(place / "away")
    (place / "data").mkdir()  # the mount point
    capsys.readouterr()
    assert run_command(["run"]) == 9
    printed = capsys.readouterr().err
    assert f"{place / 'data'} is no data folder, and disk.folder_id names {own_id}" in printed
    assert len(printed.splitlines()) == 1
    assert list((place / "data").iterdir()) == []


def test_init_begins_the_data_folder_that_commands_there_will_find(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    state, disk = place / "state", place / "disk"
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(disk))
    monkeypatch.setenv("ROWKEEPER_DISK_STATE_DIR", str(state))
    state.mkdir()
    (state / REMEMBERED).write_text(json.dumps({str(disk): "before"}))
    assert run_command(["init", "--sheet", "sheet.csv"]) == 9
    assert "held the data folder before" in capsys.readouterr().err
    assert not disk.exists()
    assert not config_path(place).exists()
    (state / REMEMBERED).unlink()
    assert run_command(["init", "--sheet", "sheet.csv"]) == 0
    assert load_settings({}).disk.folder_id == known_id(disk)
    assert not (place / "data").exists()


@pytest.mark.parametrize("agrees", [True, False])
def test_on_a_terminal_it_asks_for_the_sheet_and_before_it_writes(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    agrees: bool,
) -> None:
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    asked = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return agrees

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda *_: " sheet.csv ")
    monkeypatch.setattr("click.confirm", confirm)
    assert run_command(["init"]) == 0
    assert asked == [f"Write {config_path(place)}?"]
    assert config_path(place).exists() == (known_id(place / "data") is not None) == agrees
    assert ("Nothing was written." in capsys.readouterr().out) != agrees


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "No sheet is named: give --sheet"),
        (["--sheet", "gone.csv"], 3, "gone.csv can't be read"),
        (["--sheet", "sheet.csv", "--column", "name"], 2, "should be OURS=TITLE"),
        (["--sheet", "sheet.csv", "--column", "emial=Who"], 2, "say email"),
        (["--sheet", "sheet.csv", "--column", "nmae=Who"], 2, "say name"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    assert run_command(["init", *words]) == code
    assert said in capsys.readouterr().err
    assert not config_path(place).exists()
    assert not (place / "data").exists()


def test_a_name_that_is_no_field_of_ours_is_told_as_content(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    assert run_command(["init", "--sheet", "sheet.csv", "--column", "game=Who"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "game" in line)
    assert "no field of ours" in line


def test_the_checkout_and_links_are_left_alone(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CHECKOUT)
    before = config_path(CHECKOUT).read_bytes()
    assert run_command(["init", "--sheet", "none.csv"]) == 2
    assert "own checkout" in capsys.readouterr().err
    assert config_path(CHECKOUT).read_bytes() == before
    elsewhere = place.parent / "elsewhere"
    elsewhere.mkdir()
    (place / ".dlt").symlink_to(elsewhere)
    (place / "sheet.csv").write_text(NO_IDS, "utf-8")
    monkeypatch.chdir(place)
    assert run_command(["init", "--sheet", "sheet.csv"]) == 9
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("text", [HOSTILE, "ünï €", "\x7f\x00", 'a"b', "\U000e0001"])
def test_text_from_outside_is_one_string_of_toml(text: str) -> None:
    assert tomllib.loads(f"{toml_key(text)} = {toml(text)}") == {text: text}


def test_a_hostile_title_writes_no_setting(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quoted = HOSTILE.replace('"', '""')
    (place / "sheet.csv").write_text(f'ID,"{quoted}",Name\n1,x,Ann Ash\n', "utf-8")
    assert run_command(["init", "--sheet", "sheet.csv", "--column", f"notes={HOSTILE}"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    config = tomllib.loads(config_path(place).read_text("utf-8"))["rowkeeper"]
    assert config["store"] == {}
    assert load_settings({}, {}).store.url == (place / "data" / "archive").as_uri()


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_from_an_empty_folder_to_people_that_are_built(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but ``init`` and ``run``, in a folder with another team's answer sheet."""
    team = tmp_path / "team"
    team.mkdir()
    monkeypatch.chdir(team)
    monkeypatch.delenv("ROWKEEPER_DATA_DIR")
    (team / "answers.csv").write_text(FORM, "utf-8")
    assert run_command(["init", "--sheet", "answers.csv"]) == 0
    monkeypatch.setenv("ROWKEEPER_MONITORING_METRICS_FILE", str(tmp_path / "metrics.prom"))
    assert run_command(["run", "--mode", "basic"]) == 0
    metrics = (tmp_path / "metrics.prom").read_text("utf-8").splitlines()
    assert "rowkeeper_people 2" in metrics
    assert 'rowkeeper_assets{asset_type="drive_file",state="to_download"} 3' in metrics
    assert "rowkeeper_quarantined_rows 0" in metrics
    path = str(team / "data" / "rowkeeper.duckdb")
    with connect(Target(name="dev", type="duckdb", path=path), read_only=True) as warehouse:
        people = warehouse.query(
            "select row_id, name, personality_type from main.people order by row_id"
        )
    assert people == [("ann@example.org", "Ann Ash", "FF"), ("bob@example.org", "Bob Bay", "MM")]


def test_a_sheet_whose_titles_nobody_knows_is_told_with_what_init_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.csv").write_text("a,b\n1,Ann\n", "utf-8")
    asked = ["init", "--dry-run", "--sheet", str(tmp_path / "s.csv")]
    assert run_command(asked) == 3
    (option,) = re.findall(r"--column \w+=Who", capsys.readouterr().err)
    assert run_command([*asked, *option.replace("Who", "b").split(), "--row-id", "a"]) == 0
