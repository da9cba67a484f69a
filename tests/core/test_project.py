"""Which folder is the project: named, nearest or the checkout; never what a stranger planted."""

import os
from pathlib import Path

import pytest

from rowkeeper.core import project
from rowkeeper.core.errors import UsageError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.project import CHECKOUT, config_path, project_folder
from rowkeeper.core.settings import load_settings, settings_folder

CONFIG = "# a team's\n[rowkeeper.upload]\nworkers = 2\n"


def project_at(folder: Path, config: str = CONFIG) -> Path:
    path = config_path(folder)
    path.parent.mkdir(parents=True)
    path.write_text(config, "utf-8")
    return folder


def test_the_nearest_folder_with_a_table_of_ours_is_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = project_at(tmp_path / "team")
    project_at(team / "other", "[runtime]\ndlthub_telemetry = true\n")  # dlt's alone
    below = team / "other" / "deep"
    below.mkdir()
    monkeypatch.chdir(below)
    settings = load_settings({}, {})
    assert settings.upload.workers == 2
    assert settings.data_dir == team / "data"
    assert load_target("dev", {"HOME": "/"}).path == str(team / "data" / "rowkeeper.duckdb")
    monkeypatch.chdir(tmp_path)
    assert project_folder({}) == CHECKOUT
    assert load_settings({}, {}).data_dir == CHECKOUT / "data"


@pytest.mark.parametrize(
    "config",
    [
        "\ufeff[rowkeeper.upload]\r\nworkers = 2\r\n",
        "rowkeeper.upload.workers = 2\n",
        "[ 'rowkeeper' . upload]\nworkers = 2\n",
    ],
)
def test_a_table_of_ours_may_be_written_in_any_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    monkeypatch.chdir(project_at(tmp_path, config))
    assert load_settings({}, {}).upload.workers == 2


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("[rowkeper.upload]\nworkers = 2\n", r"nobody reads \[rowkeper\]: write \[rowkeeper\]"),
        ("[Rowkeeper.upload]\nworkers = 2\n", r"nobody reads \[Rowkeeper\]: write \[rowkeeper\]"),
        (f"{CONFIG}[sheet]\ntab = 'x'\n", r"nobody reads \[sheet\]: write \[rowkeeper.sheet\]"),
        ("[rowkeeper.sheet]\nsource = 'a\\b'\ntab = \"C:\\Users\"\n", "A backslash stands twice"),
    ],
)
def test_a_table_that_nobody_would_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, sentence: str
) -> None:
    monkeypatch.chdir(project_at(tmp_path, config))
    with pytest.raises(UsageError, match=sentence):
        load_settings({}, {})


def test_a_named_project_goes_before_the_nearest_and_before_dlts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project_at(tmp_path / "near"))
    named = tmp_path / "named"
    named.mkdir()
    environ = {"ROWKEEPER_PROJECT": str(named), "DLT_PROJECT_DIR": str(tmp_path / "dlt")}
    settings = load_settings({}, environ)
    assert (settings.upload.workers, settings.data_dir) == (4, named / "data")
    assert settings_folder(environ) == named / ".dlt"
    del environ["ROWKEEPER_PROJECT"]
    assert settings_folder(environ) == tmp_path / "dlt" / ".dlt"
    assert load_settings({}, environ).data_dir == CHECKOUT / "data"
    with pytest.raises(UsageError, match=r"no folder .*gone.*--project"):
        project_folder({"ROWKEEPER_PROJECT": str(tmp_path / "gone")})


def test_a_config_that_anybody_may_write_is_obeyed_only_if_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = project_at(tmp_path / "team")
    config_path(team).chmod(0o666)
    monkeypatch.chdir(team)
    with pytest.raises(UsageError, match=rf"--project {team} if it is meant"):
        project_folder({})
    assert project_folder({"ROWKEEPER_PROJECT": str(team)}) == team
    config_path(team).chmod(0o600)
    assert project_folder({}) == team
    if os.geteuid():
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    else:  # what is root's may be obeyed by all
        os.chown(config_path(team), 65534, -1)
    with pytest.raises(UsageError, match="not yours alone"):
        project_folder({})


def test_what_is_no_toml_is_told_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project_at(tmp_path / "team", "[rowkeeper.sheet]\nsource = \n"))
    with pytest.raises(UsageError, match=r"config\.toml can't be read"):
        load_settings({}, {})


def test_what_was_installed_has_no_project_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "IS_INSTALLED", True)
    monkeypatch.chdir(tmp_path)
    assert project.find_project({}) is None
    for asked in (lambda: load_settings({}, {}), lambda: load_target("dev", {"HOME": "/"})):
        with pytest.raises(UsageError, match="rowkeeper init --sheet SHEET begins one here"):
            asked()
    data = {"ROWKEEPER_DATA_DIR": str(tmp_path / "data")}
    assert load_settings({}, data).data_dir == tmp_path / "data"
    assert load_target("dev", data).path == str(tmp_path / "data" / "rowkeeper.duckdb")
    assert load_settings({"data_dir": tmp_path}, {}).data_dir == tmp_path
    team = project_at(tmp_path / "team")
    monkeypatch.chdir(team)
    assert load_settings({}, {}).data_dir == team / "data"
