"""A row id of any spelling names its person in each command."""

from pathlib import Path

import click
import pytest

from rowkeeper.cli import cli, run_command
from rowkeeper.cli.commands_page import leaves, root
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.warehouse import Target
from tests.helpers.warehouses import rows_of

SHEET = """row_id,name,email,type,link
3.0,Ann,a@example.org,FF,https://youtu.be/annVideo001
004,Bo,b@example.org,MM,
"1,005",Cy,c@example.org,MM,
"""
OLD = {"row_id": "3", "name": "Zoltan", "link": "https://youtu.be/oldVideo001"}
WITH_PEOPLE = {
    "run": [],
    "run --dry-run": [],
    "retry": [],
    "status": [],
    "export bag": ["--to", "made-bag"],
    "verify": [],
    "store adopt": [],
    "store move": ["--to", "kind"],
    "restore": ["--to", "made"],
    "search": ["word"],
}
PEOPLE = "select row_id, name from {schema}.people"


def takes_people(command: click.Command) -> bool:
    return any("--people" in parameter.opts for parameter in command.params)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_person_is_named_by_any_spelling(
    ready: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(code: int, *command: str) -> str:
        assert run_command(list(command)) == code
        return " ".join("".join(capsys.readouterr()).split())

    (tmp_path / "people.csv").write_text(SHEET, "utf-8")
    columns = GENERATIONS[18]
    cells = ",".join(OLD.get(column, "") for column in columns)
    (tmp_path / "old.csv").write_text(f"{','.join(columns)}\n{cells}\n", "utf-8")
    sources = ["--sheet", str(tmp_path / "people.csv"), "--legacy-csv", str(tmp_path / "old.csv")]
    ends(0, "run", "--mode", "basic", *sources)
    people = rows_of(ready, PEOPLE)
    assert [row_id for row_id, _ in people] == ["004", "1,005", "3.0"]

    for spelling in ("3", "03", "\uff13", "3.0"):
        assert "Ann" in ends(0, "person", spelling)
        assert "of row 3.0 is not archived" in ends(2, "url", spelling)
    assert "1 assets have no archived" not in ends(12, "restore", "--to", "x", "--people", "5")

    takers = {words for words, command, _ in leaves(cli, root()) if takes_people(command)}
    assert takers == WITH_PEOPLE.keys() - {"run --dry-run"}
    for words, more in WITH_PEOPLE.items():
        given = [*words.split(), *more, "--people", "1-9,99,7-8,x"]
        assert "--people names 99, x, 7-8: nobody of the 3 people." in ends(12, *given), words
    assert not list(tmp_path.glob("made*"))
    ends(0, "migrate", "accept", "old.csv:2", "--as", "3")
    assert rows_of(ready, PEOPLE) == people
    owner = "select row_id from {schema}.person_content where media_id = 'oldVideo001'"
    assert set(rows_of(ready, owner)) == {("3.0",)}
