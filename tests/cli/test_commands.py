"""Each command shows by an example how it is called, and no page calls one that is not."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from rowkeeper.cli import cli, commands_page, run_command
from rowkeeper.cli.commands_page import PAGE, leaves, page, root
from rowkeeper.cli.examples import EXAMPLES
from rowkeeper.core.project import CHECKOUT
from tests.helpers.commands import parsed

FENCE = re.compile(r"^```(?:sh|ini|text|cron)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(
    r"(?:^|(?<=\s)|(?<==))(?:[\w./~-]*/)?rowkeeper (?=--project|[a-z]).*?(?= #| &&| \|\|| >|$)"
)


def calls() -> Iterator[tuple[str, str]]:
    """The command lines in the code blocks of README and docs, with their page."""
    for path in [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]:
        if path == PAGE:
            continue  # its examples are those of the code
        for block in FENCE.findall(path.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                yield from ((path.name, call.strip()) for call in CALL.findall(line))


def test_each_command_has_an_example_and_each_example_a_command() -> None:
    assert {words for words, _, _ in leaves(cli, root())} == set(EXAMPLES)


@pytest.mark.parametrize("words", EXAMPLES)
def test_an_example_is_understood_and_stands_in_the_help(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*words.split(), "--help"]) == 0
    said = capsys.readouterr().out
    for example in EXAMPLES[words]:
        assert f"\n    {example}\n" in said
        assert parsed(example).startswith(words)


def test_a_wrong_example_would_be_seen() -> None:
    for line in ("rowkeeper run --shet x", "rowkeeper fly", "rowkeeper store"):
        with pytest.raises(click.UsageError):
            parsed(line)


def test_a_command_that_is_none_is_told_with_the_near_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["statsu", "--json"]) == 2
    assert "No such command 'statsu': did you mean status?" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "line"), sorted(set(calls())))
def test_what_the_docs_call_is_understood(name: str, line: str) -> None:
    assert parsed(line.replace("…", "1"))


def test_the_docs_call_something() -> None:
    assert {"README.md", "operations.md"} <= {name for name, _ in calls()}


@pytest.mark.parametrize("words", ["", "store", "export", "migrate", "journal"])
def test_a_bare_group_prints_its_help_as_help(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(words.split()) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Usage: rowkeeper")
    assert "\nCommands:\n" in said.out
    assert not said.err


def test_the_page_of_the_commands_is_that_of_the_code() -> None:
    assert PAGE.read_text("utf-8") == page(), f"run python -m {commands_page.__name__}"


@pytest.mark.parametrize(
    ("shell", "typed", "completed"),
    [("bash", "rowkeeper re", "reconcile"), ("bash", "rowkeeper run --m", "--mode")],
)
def test_a_shell_completes_commands_and_options(shell: str, typed: str, completed: str) -> None:
    words = typed.split()
    asked = subprocess.run(
        [sys.executable, "-c", "from rowkeeper.cli import main; main()"],
        env={
            "_ROWKEEPER_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
            "PYTHONPATH": str(CHECKOUT),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"plain,{completed}" in asked.stdout.splitlines()


def test_the_lines_for_completion_are_those_that_click_knows() -> None:
    from click.shell_completion import get_completion_class

    shells = re.findall(r"_ROWKEEPER_COMPLETE=(\w+)_source", PAGE.read_text("utf-8"))
    assert shells == ["bash", "zsh", "fish"]
    assert all(get_completion_class(shell) for shell in shells)
