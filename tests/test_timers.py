"""The units of systemd and the lines of cron of docs/operations.md do what the page says."""

import configparser
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from rowkeeper.core.errors import BusyError, NothingError
from rowkeeper.core.settings import PROJECT_DIR, keys
from tests.helpers.commands import parsed

PAGE = (PROJECT_DIR / "docs" / "operations.md").read_text("utf-8")
PROGRAM = "/opt/rowkeeper/.venv/bin/rowkeeper"
FOLDER = "/srv/people"
FIELDS = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {
        *("Type", "User", "WorkingDirectory", "Environment", "ExecStart", "SuccessExitStatus"),
        *("KillSignal", "TimeoutStopSec"),
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "Install": {"WantedBy"},
}
"""What systemd knows, as far as the page uses it: a field that is misspelt would be passed over."""
SPAN = re.compile(r"\d+ ?(?:s|sec|min|h)")
STUB = """#!/bin/sh
echo "rowkeeper $@"
exit $CODE
"""
LINES = PAGE.partition("```cron\n")[2].partition("```")[0].splitlines()


def units() -> dict[str, configparser.ConfigParser]:
    """Each unit of the page by the name of its file."""
    parsers = {}
    for block in re.findall(r"^```ini\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(block)
        parsers[Path(block.splitlines()[0].removeprefix("# ")).name] = parser
    return parsers


def known(command: str) -> list[str]:
    """The arguments of ``command``, which rowkeeper takes."""
    program, *arguments = shlex.split(command)
    assert program in (PROGRAM, "rowkeeper")
    parsed(command)
    return arguments


def test_the_units_have_the_fields_that_systemd_knows() -> None:
    parsers = units()
    assert set(parsers) == {"rowkeeper.service", "rowkeeper.timer"}
    for unit in parsers.values():
        for section in unit.sections():
            assert set(unit[section]) <= FIELDS[section]
    service, timer = parsers["rowkeeper.service"], parsers["rowkeeper.timer"]
    run = service["Service"]
    assert known(run["ExecStart"]) == ["run"]
    assert (run["Type"], run["WorkingDirectory"]) == ("oneshot", FOLDER)
    assert int(run["SuccessExitStatus"]) == BusyError.exit_code
    assert signal.Signals[run["KillSignal"]] == signal.SIGINT  # which ends a run in order
    assert SPAN.fullmatch(run["TimeoutStopSec"])
    variable, _, _ = run["Environment"].partition("=")
    assert variable in keys().values()
    when = timer["Timer"]
    assert re.fullmatch(r"\*-\*-\* [0-2]\d:[0-5]\d:[0-5]\d", when["OnCalendar"])
    assert SPAN.fullmatch(when["RandomizedDelaySec"])
    assert when["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert "systemctl enable --now rowkeeper.timer" in PAGE
    assert "journalctl -u rowkeeper.service" in PAGE


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_cron_says_something_only_where_somebody_must_look(
    line: str, tmp_path: Path
) -> None:
    stub = tmp_path / "bin" / "rowkeeper"
    stub.parent.mkdir()
    stub.write_text(STUB, "utf-8")
    stub.chmod(0o755)
    folder = tmp_path / "people"
    folder.mkdir()
    command = line.split(maxsplit=5)[5].replace("\\%", "%")  # as cron hands it to sh
    command = command.replace(PROGRAM, str(stub)).replace(FOLDER, str(folder))
    is_run = "rowkeeper run" in line
    silent = {0, BusyError.exit_code if is_run else NothingError.exit_code}
    for code in (0, 1, 6, 8, 12, 130):
        done = subprocess.run(
            ["sh", "-c", command],
            env={"PATH": "/usr/bin:/bin", "CODE": str(code)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert (done.stdout == "") == (code in silent), (code, done.stdout)
        (log,) = folder.iterdir()
        said = log.read_text("utf-8")
        assert done.stdout in ("", said)
        assert known(said)[0] == ("run" if is_run else "verify")
