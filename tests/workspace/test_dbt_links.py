"""Plain dbt in a team's folder: links to rowkeeper's dbt project, and nobody's file is touched."""

from pathlib import Path

import pytest

from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.workspace.dbt_links import NAMES, link_dbt, renew_links


def test_links_lead_to_the_dbt_project_and_are_made_once(tmp_path: Path) -> None:
    assert link_dbt(tmp_path) == link_dbt(tmp_path) == ""
    assert {path.name: path.resolve() for path in tmp_path.iterdir()} == {
        name: PROJECT_DIR / name for name in NAMES
    }


def test_a_file_of_the_team_stays_and_the_way_round_is_said(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: theirs\n", "utf-8")
    said = link_dbt(tmp_path)
    assert said.startswith("dbt_project.yml in ")
    assert f"DBT_PROJECT_DIR={PROJECT_DIR} " in said
    renew_links(tmp_path)
    assert (tmp_path / "dbt_project.yml").read_text("utf-8") == "name: theirs\n"


def test_a_disk_without_links_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert link_dbt(tmp_path).startswith(", ".join(NAMES))


def test_only_what_leads_nowhere_is_renewed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.yml"
    theirs.write_text("", "utf-8")
    team = tmp_path / "team"
    team.mkdir()
    (team / "profiles.yml").symlink_to(theirs)
    (team / "dbt_project.yml").symlink_to(tmp_path / "uninstalled" / "dbt_project.yml")
    renew_links(team)
    assert (team / "profiles.yml").resolve() == theirs
    assert (team / "dbt_project.yml").resolve() == PROJECT_DIR / "dbt_project.yml"
    assert not (team / "dbt_project").exists()
