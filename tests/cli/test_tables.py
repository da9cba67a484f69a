"""Tables fit the terminal and break no word; --quiet says nothing but what went wrong."""

import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import click
import pytest
from click.testing import CliRunner

from rowkeeper.catalogue.publish import Catalog
from rowkeeper.cli import LazyGroup, cli
from rowkeeper.cli.commands_page import leaves, root
from rowkeeper.cli.options import quiet_option
from rowkeeper.cli.status import (
    ASSET_COLUMNS,
    PEOPLE_COLUMNS,
    SESSION_COLUMNS,
    _print_catalog,
    with_something,
)
from rowkeeper.cli.terminal import LONG, EventTerminal, Terminal, console

WHO = ("12", "Łucja Maria Abara", "lucja.abara@example.org")
TYPE = "FF-Ni/Te-SC/B(P) #1"
URL = "https://docs.google.com/spreadsheets/d/e/2PACX-rowkeeper-a-long-address/pubhtml?gid=0"
ASSETS: dict[str, Any] = {
    **{"asset_type": "youtube_transcript", "assets": 1200, "archived": 11, "to_upload": 0},
    **{"to_download": 5, "failed": 3, "unchecked": 0, "known_earlier": 0, "not_wanted": 0},
}
TABLES: list[tuple[Sequence[str], Sequence[object]]] = [
    (PEOPLE_COLUMNS, (*WHO, TYPE, 12, "transcript 1, video 2", "document (not_found)")),
    (with_something(ASSET_COLUMNS, [ASSETS]), [*ASSETS.values()][:6]),
    (SESSION_COLUMNS, ("download", "mixed", "completed", 5, 5, 0, "2026-11-29 12:00:00+00:00")),
    (("link", "to", "because"), (URL, "a page that nothing fetches", "it is no medium")),
    (("name", "who"), ("日本語の名前 " * 9, "x")),
]


def table(width: int, columns: Sequence[str], row: Sequence[object]) -> str:
    out = io.StringIO()
    terminal = Terminal(file=out, force_terminal=True, width=width, color_system=None)
    terminal.table("A table", columns, [row, row])
    return out.getvalue()


@pytest.mark.parametrize(("columns", "row"), TABLES)
@pytest.mark.parametrize("width", [40, 80, 140])
def test_a_table_breaks_no_word(width: int, columns: Sequence[str], row: Sequence[object]) -> None:
    printed = {word.strip(":┃│┏") for word in table(width, columns, row).split()}
    wanted = " ".join(columns).replace("_", " ") + " " + " ".join(map(str, row))
    assert set(wanted.split()) <= printed


@pytest.mark.parametrize(("columns", "row"), TABLES[:3])
def test_the_tables_of_status_fit_80_columns(columns: Sequence[str], row: Sequence[object]) -> None:
    assert max(map(len, table(80, columns, row).splitlines())) <= 80


def test_a_long_table_is_a_line_for_each_row() -> None:
    out = io.StringIO()
    terminal = Terminal(file=out, force_terminal=True, width=40, color_system=None)
    rows: list[Sequence[object]] = [
        (number, "Łucja Maria \x1b[2J日本", None, "x " * 30) for number in range(LONG + 1)
    ]
    rows[7] = (7, "w" * 60, "[red]", "end")
    terminal.table("People", ("row_id", "name", "lacks", "all"), rows)
    title, heads, *lines = out.getvalue().splitlines()
    assert (title, len(lines)) == ("People", LONG + 1)
    assert heads.split() == ["row", "id", "name", "lacks", "all"]
    assert lines[0] == f"0       Łucja Maria [2J日本{' ' * 30}{'x ' * 30}".rstrip()
    assert lines[7] == f"7       {'w' * 60}  [red]  end"
    terminal.table(None, ("row_id",), rows[:LONG])
    assert "┃" in out.getvalue()


def test_status_says_the_next_step_of_each_failure() -> None:
    failed = {"row_id": "7", "name": "Ann Ash", "asset_type": "youtube_video", "original_url": URL}
    failed |= {"stage": "download", "error_code": "private", "error_message": "it is private"}
    failed |= {"verdict": "needs_person", "next_step": "ask Ann to share it, then run again"}
    lists: dict[str, list[dict[str, Any]]] = {field.name: [] for field in fields(Catalog)}
    out = io.StringIO()
    terminal = Terminal(file=out, width=400, color_system=None)
    _print_catalog(terminal, Catalog(**lists | {"failures": [failed]}))
    assert (
        f"Failed download: youtube_video of row 7 (Ann Ash) {URL}: it is private (private, "
        "needs_person); ask Ann to share it, then run again"
    ) in out.getvalue()


def test_a_table_is_framed_where_there_is_room() -> None:
    columns, row = TABLES[0]
    assert "┃" in table(140, columns, row)
    assert "┃" not in table(80, columns, row)
    assert "- row id: 12\n  name: Łucja Maria Abara\n" in table(40, columns, row)


@click.command()
@quiet_option
def talkative() -> None:
    console().say("How it went")
    EventTerminal().event("told")
    EventTerminal().say("How it goes")
    raise click.ClickException("It went wrong.")


@pytest.mark.parametrize("words", [[], ["--quiet"], ["-q"]])
def test_quiet_leaves_errors_and_what_programs_read(words: list[str]) -> None:
    done = CliRunner().invoke(talkative, words)
    assert ("How it went" in done.stdout) == (not words)
    assert ("How it goes" in done.stderr) == (not words)
    assert '{"event": "told"}' in done.stdout
    assert "It went wrong." in done.stderr


def test_what_works_can_be_quiet_and_what_has_results_has_them_as_json() -> None:
    assert isinstance(cli, LazyGroup)
    options = {
        words: {option for parameter in command.params for option in parameter.opts}
        for words, command, _ in leaves(cli, root())
    }
    lookups = {"status", "doctor", "providers", "person", "search", "url", "init", "serve"}
    quiet = {words.split()[0] for words, known in options.items() if "--quiet" in known}
    assert quiet | lookups | {"journal"} == {words.split()[0] for words in options}
    without = {words for words, known in options.items() if "--json" not in known}
    assert without == {
        "serve",  # has no end
        "export csv",  # hands over the CSV
        *(
            "migrate rollback",
            "migrate adopt",
            "migrate evidence",
            "migrate accept",
        ),  # once, by hand
    }
